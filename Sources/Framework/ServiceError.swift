/// A failure that a service reports deliberately, such as an unknown task or a method that the benchmark does not
/// offer.
public struct ServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// More codes may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// The dataset has no such task; 400.
        public static let unknownTask = Code(rawValue: "unknownTask")
        /// The benchmark has no such dataset; 400.
        public static let unknownDataset = Code(rawValue: "unknownDataset")
        /// Something else about the request is wrong; 400.
        public static let invalidRequest = Code(rawValue: "invalidRequest")
        /// The data or the settings that the service was started with are wrong; 500.
        public static let invalidData = Code(rawValue: "invalidData")
        /// The benchmark does not offer this; 500, as the service contract requires.
        public static let unsupported = Code(rawValue: "unsupported")
    }

    /// The kind of failure.
    public let code: Code
    /// The message, which the caller receives unless the response is a 500.
    public let message: String

    /// The message.
    public var description: String { message }

    /// An error of the given kind.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// An unknown task: `Task ID not found: <id>`, the wording that clients of the service contract know.
    public static func unknownTask(_ taskID: String) -> ServiceError {
        ServiceError(.unknownTask, "Task ID not found: \(taskID)")
    }

    /// An unknown dataset, with the names of the available ones, in the wording that clients of the service contract
    /// know.
    public static func unknownDataset(_ name: String, available: [String]) -> ServiceError {
        ServiceError(
            .unknownDataset,
            "Dataset '\(name)' not found. Available datasets: \(available.joined(separator: ", "))"
        )
    }

    /// A mistake of the caller, with a message of the service's own.
    public static func invalidRequest(_ message: String) -> ServiceError { ServiceError(.invalidRequest, message) }

    /// A request for something that the benchmark does not offer.
    public static func unsupported(_ message: String) -> ServiceError { ServiceError(.unsupported, message) }
}
