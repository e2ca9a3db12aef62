import Foundation

/// The place from which a project takes the toolkit.
enum ToolkitSource: Hashable {
    /// A checkout on this machine, by its absolute path.
    case checkout(path: String)
    /// A repository, at the tag of a release; `nil` stands for its branch `main`.
    case repository(url: String, release: String?)

    /// The name in the toolkit's manifest.
    static let package = "swift-benchmark-service"

    /// The release that this program is part of.
    ///
    /// `nil` between releases. The commit of a release sets it to the release's tag, and the next one back to `nil`.
    static let ownRelease: String? = nil

    /// Returns the source that the options select.
    ///
    /// - Parameters:
    ///   - program: the path of the running program, which takes the toolkit from the checkout that it lies in by
    ///     default.
    ///   - workingDirectory: the folder that a relative path is relative to.
    /// - Throws: ``ScaffoldError`` with code `.invalidToolkit`, or `.usage` if neither option is given and there is no
    ///   checkout.
    static func resolve(
        _ arguments: ScaffoldArguments,
        program: String,
        workingDirectory: String
    ) throws(ScaffoldError) -> ToolkitSource {
        if let url = arguments.frameworkURL {
            try check(url, "the toolkit's URL")
            return .repository(url: url, release: ownRelease)
        }
        if let given = arguments.frameworkPath {
            let base = URL(fileURLWithPath: workingDirectory, isDirectory: true)
            let path = URL(fileURLWithPath: given, relativeTo: base).standardizedFileURL.path
            guard isCheckout(path) else {
                throw ScaffoldError(.invalidToolkit, "no checkout of \(package) at '\(path)'")
            }
            try check(path, "the toolkit's path")
            return .checkout(path: path)
        }
        guard let path = checkout(around: program) else {
            throw ScaffoldError(
                .usage,
                "this program does not lie in a checkout of \(package); give --framework-path or --framework-url"
            )
        }
        try check(path, "the toolkit's path")
        return .checkout(path: path)
    }

    /// Checks that the toolkit can be a dependency of a project, which must not have the same identity.
    func check(against name: BenchmarkName) throws(ScaffoldError) {
        if identity.lowercased() == name.directory {
            throw ScaffoldError(
                .invalidToolkit,
                "the toolkit and the project would both be the package '\(name.directory)'"
            )
        }
    }

    /// The identity of the toolkit for the package manager: the last part of its path or URL.
    private var identity: String {
        switch self {
        case .checkout(let path): return String(path.split(separator: "/").last ?? "")
        case .repository(let url, _):
            let last = url.split { $0 == "/" || $0 == ":" }.last ?? ""
            return String(last.hasSuffix(".git") ? last.dropLast(4) : last)
        }
    }

    /// The entry of the manifest's dependencies.
    var dependency: String {
        switch self {
        case .checkout: #".package(name: "\#(Self.package)", path: toolkit)"#
        case .repository(let url, let release?): #".package(url: "\#(url)", exact: "\#(release)")"#
        case .repository(let url, nil): #".package(url: "\#(url)", branch: "main")"#
        }
    }

    /// The name of the package in which the manifest looks up products.
    var productPackage: String {
        switch self {
        case .checkout: Self.package
        case .repository: identity
        }
    }

    /// The path or the URL.
    var place: String {
        switch self {
        case .checkout(let path): path
        case .repository(let url, _): url
        }
    }

    /// Refuses characters that would have to be escaped where the path or URL is written: in Swift, in make and in the
    /// shell.
    private static func check(_ text: String, _ what: String) throws(ScaffoldError) {
        let isBad = { (scalar: Unicode.Scalar) in isControl(scalar) || "\"\\$`#'".unicodeScalars.contains(scalar) }
        guard let bad = text.unicodeScalars.first(where: isBad) else { return }
        let shown = isControl(bad) ? "a control character" : "'\(bad)'"
        throw ScaffoldError(.invalidToolkit, "\(what) must not contain \(shown): '\(text)'")
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }

    /// Returns the checkout of the toolkit that a file lies in; `nil` if there is none.
    static func checkout(around file: String) -> String? {
        var folder = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent()
        while folder.path != "/" {
            if isCheckout(folder.path) { return folder.path }
            folder.deleteLastPathComponent()
        }
        return nil
    }

    private static func isCheckout(_ path: String) -> Bool {
        guard let manifest = FileManager.default.contents(atPath: "\(path)/Package.swift") else { return false }
        // Not `.package(name:`, which is in the manifests of projects that depend on it.
        let text = String(decoding: manifest, as: UTF8.self).filter { !$0.isWhitespace }
        return text.contains("Package(name:\"\(package)\"")
    }
}
