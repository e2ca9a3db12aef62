/// A file of a project before its names are filled in.
///
/// `@@NAME@@` and the like stand for values. A line that starts with `@@checkout@@` or `@@repository@@` is left out
/// unless the toolkit comes from there.
struct ProjectTemplate {
    let text: String

    init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    /// Returns the text of the file for a benchmark.
    func render(_ name: BenchmarkName, _ toolkit: ToolkitSource) -> String {
        var result = lines(for: toolkit)
        for (placeholder, value) in [
            ("@@NAME@@", name.text), ("@@DIRECTORY@@", name.directory), ("@@MODULE@@", name.module),
            ("@@TOOLKIT_DEPENDENCY@@", toolkit.dependency), ("@@TOOLKIT_PACKAGE@@", toolkit.productPackage),
            ("@@TOOLKIT@@", toolkit.place),
        ] { result = result.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: value) }
        return result
    }

    private func lines(for toolkit: ToolkitSource) -> String {
        let kept: String
        let dropped: String
        switch toolkit {
        case .checkout: (kept, dropped) = ("@@checkout@@", "@@repository@@")
        case .repository: (kept, dropped) = ("@@repository@@", "@@checkout@@")
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix(dropped) }
            .map { $0.hasPrefix(kept) ? $0.dropFirst(kept.count) : $0 }
            .joined(separator: "\n")
    }
}
