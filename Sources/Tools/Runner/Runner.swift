import BenchmarkFramework
import BenchmarkTransport

/// A run over the tasks of a service.
struct Runner {
    let options: RunnerOptions

    /// Runs all tasks and fetches the score.
    ///
    /// When the calling task is cancelled, every task is stopped: streams are closed, sandboxes deleted, and the local
    /// server is shut down. Then this throws `CancellationError`.
    func run() async throws -> Report {
        let logs = try options.outputDirectory.map { try LogDirectory($0) }
        guard let credentials = options.sandboxes else {
            let local = try await LocalDaytona.start()
            do {
                let report = try await run(on: local.credentials, logs)
                await local.shutdown()
                return report
            } catch {
                await local.shutdown()
                throw error
            }
        }
        return try await run(on: credentials, logs)
    }

    private func run(on credentials: DaytonaCredentials, _ logs: LogDirectory?) async throws -> Report {
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
        try Task.checkCancellation()

        var results = JSONObject()
        for outcome in outcomes { results[outcome.taskID] = outcome.result ?? .null }
        let score = try await service.finalScore(
            FinalScoreRequest(evaluationResults: results, dataset: options.dataset)
        )
        let report = Report(outcomes: outcomes, score: score)
        try logs?.write(try report.json.serialized())
        return report
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
