/// The reason why no project was created.
struct ScaffoldError: Error, Hashable, CustomStringConvertible {
    /// The kind of failure.
    struct Code: Hashable {
        let rawValue: String

        /// The command line is invalid; exits with 2.
        static let usage = Code(rawValue: "usage")
        /// The name cannot be that of a benchmark.
        static let invalidName = Code(rawValue: "invalidName")
        /// The toolkit is not where it should be, or its path or URL cannot be written in a manifest.
        static let invalidToolkit = Code(rawValue: "invalidToolkit")
        /// Something already exists at the project's path.
        static let alreadyExists = Code(rawValue: "alreadyExists")
        /// A file could not be written.
        static let cannotWrite = Code(rawValue: "cannotWrite")
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    var description: String { message }
}
