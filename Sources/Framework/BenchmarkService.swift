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
/// One instance answers all calls, many at a time; a service with mutable state is an actor or guards it. Methods run on
/// a task executor of their own, so they may block their thread. A method that never does may be declared in
/// ``nonBlockingMethods``.
///
/// What a method throws decides the answer: ``ServiceError`` and the errors of the dataset look-ups are the caller's
/// mistake (400 with their text), ``HTTPError`` answers its status, anything else is 500 without its text. On a stream
/// every error becomes an error chunk with its message.
public protocol BenchmarkService: Sendable {
    /// One task of the benchmark, as the dataset stores it; inferred, and JSON where nothing tells.
    associatedtype Item: Sendable = JSONValue
    /// What ``setupTask(_:in:sandbox:)`` returns; inferred.
    associatedtype SetupStream: ChunkSequence = ChunkStream
    /// What ``evaluateInstance(_:in:sandbox:)`` returns; inferred.
    associatedtype EvaluationStream: ChunkSequence = ChunkStream

    /// Makes the instance that serves.
    ///
    /// Called once, before serving; a service that reads its configuration does it here.
    init() async throws

    /// Loads the datasets.
    ///
    /// Called once, after `init` and before serving; an error stops start-up.
    func loadDatasets() async throws -> Datasets<Item>

    /// What a task needs: image, problem path, working directory, resources.
    ///
    /// - Parameters:
    ///   - taskID: as the caller sent it; look it up with `dataset.item(taskID)`, which throws for an unknown one.
    ///   - dataset: the dataset asked for.
    ///   - skipValidation: the caller asks for an answer even if the dataset does not know the task.
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
    /// The stream should end with a result; its data reaches ``calculateFinalScore(_:in:)`` as it is.
    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Item>,
        sandbox: any Sandbox
    ) async throws -> EvaluationStream

    /// Grades a response given as text.
    ///
    /// The default throws ``ServiceError/unsupported(_:)``.
    func evaluateResponse(
        _ request: EvaluateResponseRequest,
        in dataset: Dataset<Item>
    ) async throws -> JSONValue

    /// The score of a run.
    ///
    /// - Parameters:
    ///   - results: the task ids in the caller's order, all of them in the dataset, with what their evaluation returned;
    ///     null for a task that failed.
    ///   - dataset: the tasks of the run.
    func calculateFinalScore(
        _ results: JSONObject,
        in dataset: Dataset<Item>
    ) async throws -> FinalScoreResult

    /// Whether a caller may use the service; asked for every request but `/health`, before anything else is looked at.
    ///
    /// The default is ``BuiltInAuthentication``: Descope if `AUTH_REQUIRED` is set, else the key of `BENCHMARK_API_KEY`,
    /// else open. Throwing is a 500.
    func checkAuth(_ headers: HTTPFields) async throws -> Bool

    /// The methods that never block their thread.
    ///
    /// Only they run on an event loop, which saves two thread changes per call; one that blocks there stops every
    /// connection of its loop. The default is none.
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

    /// Asks ``BuiltInAuthentication``.
    public func checkAuth(_ headers: HTTPFields) async throws -> Bool {
        await BuiltInAuthentication.current.allows(headers)
    }

    /// None.
    public static var nonBlockingMethods: ServiceMethods { [] }
}

/// The methods of a ``BenchmarkService`` that it may declare non-blocking.
public struct ServiceMethods: OptionSet, Sendable {
    /// One bit per method.
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
