/// The name of a benchmark, and the names that a project derives from it.
struct BenchmarkName: Hashable {
    /// Lower-case words joined by hyphens: `swe-bench`.
    let text: String

    /// The folder, the package and the executable: `swe-bench-benchmark-service`.
    var directory: String { "\(text)-benchmark-service" }

    /// The module of the service: `SweBenchBenchmarkService`.
    var module: String {
        text.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "BenchmarkService"
    }

    /// Checks a name as it was typed; neither the case of letters nor the choice of `-` or `_` makes a difference.
    ///
    /// - Throws: ``ScaffoldError`` with code `.invalidName` for the first rule that the name breaks.
    init(_ raw: String) throws(ScaffoldError) {
        let bytes = Array(raw.utf8)
        guard let first = bytes.first else { throw Self.error("benchmark name cannot be empty") }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || Self.isSeparator($0) }) else {
            throw Self.error("benchmark name '\(raw)' must be alphanumeric (ASCII), with hyphens or underscores")
        }
        guard Self.isLetter(first) else { throw Self.error("benchmark name '\(raw)' must start with a letter") }
        let words = bytes.split(omittingEmptySubsequences: false, whereSeparator: Self.isSeparator)
        guard words.allSatisfy({ !$0.isEmpty }) else {
            throw Self.error(
                "benchmark name '\(raw)' must be alphanumeric words joined by single hyphens or underscores"
            )
        }
        text = words.map { String(decoding: $0, as: UTF8.self).lowercased() }.joined(separator: "-")
        if let conflict = ReservedNames.conflict(of: text) {
            throw Self.error("benchmark name '\(raw)' conflicts with \(conflict); choose another name")
        }
    }

    private static func error(_ message: String) -> ScaffoldError { ScaffoldError(.invalidName, message) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
