import BenchmarkFramework
import Foundation

/// The outcome of one task.
struct TaskOutcome: Sendable {
    let taskID: String
    /// The data of the evaluation's result; `nil` if there is none.
    var result: JSONValue?
    /// The reason why there is none.
    var failure: String?
    /// How the agent ended.
    var agent = "not run"
    /// The seconds that each phase took; `nil` for a phase that was not completed.
    var setupSeconds: Double?
    var agentSeconds: Double?
    var evaluationSeconds: Double?

    /// The word for the table: the benchmark's verdict on the task, if it is given in the usual form.
    var verdict: String {
        if failure != nil { return "error" }
        switch result?["resolved"] {
        case .bool(true): return "resolved"
        case .bool(false): return "failed"
        default: return "done"
        }
    }
}

/// One task from its description to its grade, in a sandbox of its own that is deleted whatever happens.
struct TaskRun: Sendable {
    let taskID: String
    let dataset: String?
    let service: BenchmarkServiceClient
    let sandboxes: DaytonaClient
    let agent: Agent
    let agentTimeoutSeconds: Double
    let progress: Progress

    /// Runs the task; a failure is part of the outcome.
    ///
    /// When cancelled, the sandbox is deleted before this returns.
    func run() async -> TaskOutcome {
        var outcome = TaskOutcome(taskID: taskID)
        do {
            progress.phase(taskID, "preparing")
            let task = try await service.retrieveTask(taskID, dataset: dataset)
            var request = CreateSandboxRequest(image: task.dockerImage, resources: task.resources)
            request.labels = [("benchmark-task", taskID)]
            request.autoStopMinutes = 0
            let sandbox = try await sandboxes.createSandbox(request, timeout: .seconds(600))
            do { try await work(task, sandbox, &outcome) } catch {
                await delete(sandbox)
                throw error
            }
            await delete(sandbox)
        } catch {
            outcome.failure = error is CancellationError ? "interrupted" : "\(error)"
        }
        progress.finished(outcome)
        return outcome
    }

    private func work(_ task: RetrieveTaskResponse, _ sandbox: DaytonaSandbox, _ outcome: inout TaskOutcome)
        async throws
    {
        progress.phase(taskID, "setup")
        var start = ContinuousClock.now
        let setup = try await result(of: service.setupTask(taskID, instanceID: sandbox.id, dataset: dataset))
        outcome.setupSeconds = start.secondsUntilNow
        guard setup["status"]?.stringValue != nil else {
            throw ServiceCallError(.invalidChunk, "the result of the setup has no status")
        }

        progress.phase(taskID, "agent")
        start = .now
        outcome.agent = try await agent.run(
            task,
            id: taskID,
            timeoutSeconds: agentTimeoutSeconds,
            in: sandbox,
            output: { [progress, taskID] in progress.output(taskID, $0) }
        )
        outcome.agentSeconds = start.secondsUntilNow

        progress.phase(taskID, "evaluation")
        start = .now
        outcome.result = try await result(
            of: service.evaluateInstance(taskID, instanceID: sandbox.id, dataset: dataset)
        )
        outcome.evaluationSeconds = start.secondsUntilNow
    }

    /// Reads a stream as a hosted runner does: messages are logged, the first result is the outcome.
    private func result(of stream: AsyncThrowingStream<StreamChunk, any Error>) async throws -> JSONValue {
        for try await chunk in stream {
            switch chunk {
            case .message(let text): progress.output(taskID, text)
            case .result(let value): return value
            case .error(let text): throw ServiceCallError(.errorChunk, text)
            case .other: continue
            }
        }
        try Task.checkCancellation()
        throw ServiceCallError(.noResult, "the stream ended without a result")
    }

    /// Deletes a sandbox, even if the calling task is cancelled, because the sandbox would stay otherwise.
    private func delete(_ sandbox: DaytonaSandbox) async {
        let sandboxes = sandboxes
        let failure = await EventLoopGroup.shared.next().startTask { () -> String? in
            do { try await sandboxes.deleteSandbox(sandbox.id) } catch { return "\(error)" }
            return nil
        }.value
        if let failure { progress.output(taskID, "warning: sandbox \(sandbox.id) was not deleted: \(failure)\n") }
    }
}

extension ContinuousClock.Instant {
    var secondsUntilNow: Double {
        let (seconds, attoseconds) = duration(to: .now).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
