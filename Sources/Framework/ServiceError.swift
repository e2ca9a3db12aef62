/// A refusal that a service means: who asked made a mistake, or asked for what the benchmark does not offer.
public struct ServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of refusal.
    ///
    /// More may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// The dataset has no such task; 400.
        public static let unknownTask = Code(rawValue: "unknownTask")
        /// The benchmark has no such dataset; 400.
        public static let unknownDataset = Code(rawValue: "unknownDataset")
        /// Something else about the request is wrong; 400.
        public static let invalidRequest = Code(rawValue: "invalidRequest")
        /// The data the service was started with is wrong.
        public static let invalidData = Code(rawValue: "invalidData")
        /// The benchmark does not offer this; 500, as the service contract has it.
        public static let unsupported = Code(rawValue: "unsupported")
    }

    /// The kind of refusal.
    public let code: Code
    /// The text that the caller gets.
    public let message: String

    /// The text that the caller gets.
    public var description: String { message }

    /// An error of any kind.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// `Task ID not found: <id>`, in the words that clients of the service contract know.
    public static func unknownTask(_ taskID: String) -> ServiceError {
        ServiceError(.unknownTask, "Task ID not found: \(taskID)")
    }

    /// Names the dataset and those there are, in the words that clients of the service contract know.
    public static func unknownDataset(_ name: String, available: [String]) -> ServiceError {
        ServiceError(
            .unknownDataset,
            "Dataset '\(name)' not found. Available datasets: \(available.joined(separator: ", "))"
        )
    }

    /// A mistake of the caller, in the service's own words.
    public static func invalidRequest(_ message: String) -> ServiceError { ServiceError(.invalidRequest, message) }

    /// Something the benchmark does not offer.
    public static func unsupported(_ message: String) -> ServiceError { ServiceError(.unsupported, message) }
}
