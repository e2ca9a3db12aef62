/// Why no project was made.
struct ScaffoldError: Error, Hashable, CustomStringConvertible {
    /// The kind of failure.
    struct Code: Hashable {
        let rawValue: String

        /// The command line makes no sense; exits with 2.
        static let usage = Code(rawValue: "usage")
        /// The name cannot be that of a benchmark.
        static let invalidName = Code(rawValue: "invalidName")
        /// The toolkit is not where it should be, or its place cannot be written into a manifest.
        static let invalidToolkit = Code(rawValue: "invalidToolkit")
        /// There is something at the place of the project already.
        static let alreadyExists = Code(rawValue: "alreadyExists")
        /// A file could not be written.
        static let cannotWrite = Code(rawValue: "cannotWrite")
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    var description: String { message }
}
