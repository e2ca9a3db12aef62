public import BenchmarkProtocol
public import BenchmarkSandbox
public import BenchmarkTransport

/// A benchmark: its tasks, how to set each up in a sandbox, and how to grade what an agent left there.
///
/// Conform a type, usually a struct, and serve it with ``BenchmarkServiceApp``:
///
/// ```swift
/// try await BenchmarkServiceApp(ArithmeticService.self).run()
/// ```
///
/// A single instance handles all calls, many of them concurrently; a service with mutable state is an actor or protects
/// that state. Methods run on a task executor of their own, so they may block their thread. Methods that never block
/// can be declared in ``nonBlockingMethods``.
///
/// The error that a method throws determines the response. ``ServiceError``, which dataset lookups throw too, and
/// errors of reading JSON (`ProtocolError`, `DecodingError`) are the caller's mistake: 400 with their message.
/// ``HTTPError`` responds with its own status. Anything else, and a ``ServiceError`` with code `.unsupported` or
/// `.invalidData`, is a 500 without its message. On a stream, every error becomes an error chunk with its message.
public protocol BenchmarkService: Sendable {
    /// The type of a task as the dataset stores it; inferred, and `JSONValue` if nothing determines it.
    associatedtype Item: Sendable = JSONValue
    /// The type of stream that ``setupTask(_:in:sandbox:)`` returns; inferred.
    associatedtype SetupStream: ChunkSequence = ChunkStream
    /// The type of stream that ``evaluateInstance(_:in:sandbox:)`` returns; inferred.
    associatedtype EvaluationStream: ChunkSequence = ChunkStream

    /// Creates the instance that handles all calls.
    ///
    /// Called once, before serving starts. This is the place to read the service's configuration.
    init() async throws

    /// Loads the datasets.
    ///
    /// Called once, after `init` and before serving starts; an error prevents the start.
    func loadDatasets() async throws -> Datasets<Item>

    /// Returns what a task needs: image, problem path, working directory and resources.
    ///
    /// - Parameters:
    ///   - taskID: the id as the caller sent it; look it up with `dataset.item(taskID)`, which throws if it is unknown.
    ///   - dataset: the requested dataset.
    ///   - skipValidation: whether the caller wants an answer even if the dataset has no such task.
    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Item>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse

    /// Sets a task up in a sandbox.
    ///
    /// The stream should end with a result whose data has a `status`: `{"status":"ok"}`.
    func setupTask(
        _ taskID: String,
        in dataset: Dataset<Item>,
        sandbox: any Sandbox
    ) async throws -> SetupStream

    /// Grades the outcome in a sandbox.
    ///
    /// The stream should end with a result, whose data is passed to ``calculateFinalScore(_:in:)`` unchanged.
    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Item>,
        sandbox: any Sandbox
    ) async throws -> EvaluationStream

    /// Grades a response given as text.
    ///
    /// The default implementation throws ``ServiceError/unsupported(_:)``.
    func evaluateResponse(
        _ request: EvaluateResponseRequest,
        in dataset: Dataset<Item>
    ) async throws -> JSONValue

    /// Computes the score of a run.
    ///
    /// - Parameters:
    ///   - results: the results of the evaluations by task id, in the caller's order; null for a task that failed. All
    ///     ids are in the dataset.
    ///   - dataset: the dataset that the tasks belong to.
    func calculateFinalScore(
        _ results: JSONObject,
        in dataset: Dataset<Item>
    ) async throws -> FinalScoreResult

    /// Returns whether a caller may use the service.
    ///
    /// Called for every request except `/health`, and the documentation if it is public, before the rest of the request
    /// is examined. If it throws, the response is a 500; on a stream, the error is sent as an error chunk.
    ///
    /// The default implementation asks the configured ``BuiltInAuthentication``. Unless configured otherwise, that is
    /// Descope if `AUTH_REQUIRED` is set, else the key in `BENCHMARK_API_KEY`, else open.
    func checkAuth(_ headers: HTTPFields) async throws -> Bool

    /// The methods that never block their thread.
    ///
    /// Only these run on an event loop, which saves two thread changes per call. A method that blocks there, or returns
    /// megabytes to be serialized there, stalls every connection of that loop. The default is none.
    static var nonBlockingMethods: ServiceMethods { get }
}

extension BenchmarkService {
    /// Throws ``ServiceError/unsupported(_:)``.
    public func evaluateResponse(
        _ request: EvaluateResponseRequest,
        in dataset: Dataset<Item>
    ) async throws -> JSONValue {
        throw ServiceError.unsupported("this benchmark is evaluated in a sandbox, through /ws/evaluate-instance")
    }

    /// Returns what ``BuiltInAuthentication`` decides.
    public func checkAuth(_ headers: HTTPFields) async throws -> Bool {
        await BuiltInAuthentication.current.allows(headers)
    }

    /// An empty set: every method may block.
    public static var nonBlockingMethods: ServiceMethods { [] }
}

/// The methods of a ``BenchmarkService`` that it may declare non-blocking.
public struct ServiceMethods: OptionSet, Sendable {
    /// The set as bits, one per method.
    public let rawValue: UInt8
    /// A set of the given bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `retrieveTask`.
    public static let retrieveTask = ServiceMethods(rawValue: 1 << 0)
    /// `setupTask`, and the iteration of what it returns.
    public static let setupTask = ServiceMethods(rawValue: 1 << 1)
    /// `evaluateInstance`, and the iteration of what it returns.
    public static let evaluateInstance = ServiceMethods(rawValue: 1 << 2)
    /// `evaluateResponse`.
    public static let evaluateResponse = ServiceMethods(rawValue: 1 << 3)
    /// `calculateFinalScore`.
    public static let calculateFinalScore = ServiceMethods(rawValue: 1 << 4)
    /// `checkAuth`.
    public static let checkAuth = ServiceMethods(rawValue: 1 << 5)
}
