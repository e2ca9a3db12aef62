import BenchmarkFramework
import BenchmarkTransport

/// A run over the tasks of a service.
struct Runner {
    let options: RunnerOptions
    /// Where the tasks' logs are written, if anywhere.
    var logs: LogDirectory?

    /// Runs all tasks and fetches the score.
    ///
    /// A run whose tasks have begun ends with a report, even if the service gives no score: what hours have brought is
    /// not lost. When the calling task is cancelled, every task is stopped first: streams are closed, sandboxes
    /// deleted, and the local server is shut down.
    ///
    /// - Throws: what prevents the tasks from beginning, such as an id that the service does not have.
    func run() async throws -> Report {
        guard let credentials = options.sandboxes else {
            let local = try await LocalDaytona.start()
            do {
                let report = try await run(on: local.credentials)
                await local.shutdown()
                return report
            } catch {
                await local.shutdown()
                throw error
            }
        }
        return try await run(on: credentials)
    }

    private func run(on credentials: DaytonaCredentials) async throws -> Report {
        var configuration = BenchmarkServiceClient.Configuration()
        for (name, value) in options.headers { configuration.headers.set(name, value) }
        let service = try BenchmarkServiceClient(
            url: options.serviceURL,
            sandboxes: credentials,
            configuration: configuration
        )
        let ids = try await service.verifyTaskIDs(
            TaskFilter(taskIDs: options.taskIDs, slice: options.slice, dataset: options.dataset)
        )
        let progress = Progress(total: ids.count, logs: logs)
        let sandboxes = try DaytonaClient(credentials)
        let agent = Agent(options.agent)
        let outcomes = await runAll(ids) { id in
            await TaskRun(
                taskID: id,
                dataset: options.dataset,
                service: service,
                sandboxes: sandboxes,
                agent: agent,
                agentTimeoutSeconds: options.agentTimeoutSeconds,
                progress: progress
            ).run()
        }
        progress.end()
        return Report(outcomes: outcomes, score: await score(of: outcomes, from: service))
    }

    private func score(
        of outcomes: [TaskOutcome],
        from service: BenchmarkServiceClient
    ) async -> Result<FinalScoreResponse, any Error> {
        var results = JSONObject()
        for outcome in outcomes { results[outcome.taskID] = outcome.result ?? .null }
        do {
            try Task.checkCancellation()
            let request = FinalScoreRequest(evaluationResults: results, dataset: options.dataset)
            return .success(try await service.finalScore(request))
        } catch {
            return .failure(Task.isCancelled ? CancellationError() : error)
        }
    }

    /// Runs as many tasks at a time as the options say, and returns their outcomes in the order of the ids.
    private func runAll(
        _ ids: [String],
        _ run: @escaping @Sendable (String) async -> TaskOutcome
    ) async -> [TaskOutcome] {
        await withTaskGroup(of: (Int, TaskOutcome).self) { group in
            var waiting = ids.enumerated().makeIterator()
            var outcomes: [TaskOutcome?] = Array(repeating: nil, count: ids.count)
            func startNext() {
                guard !Task.isCancelled, let (index, id) = waiting.next() else { return }
                group.addTask { (index, await run(id)) }
            }
            for _ in 0..<options.concurrency { startNext() }
            for await (index, outcome) in group {
                outcomes[index] = outcome
                startNext()
            }
            return outcomes.compactMap { $0 }
        }
    }
}
