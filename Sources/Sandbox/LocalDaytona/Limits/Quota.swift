import BenchmarkTransport
import Glibc

/// Periodically checks the amount of something that nothing else limits.
final class Quota: Sendable {
    private struct State {
        var limit: Int
        var isExceeded = false
    }
    private let state: Locked<State>
    private let task: Task<Void, Never>

    /// Whether the last check found the limit exceeded.
    var isExceeded: Bool { state.withLock { $0.isExceeded } }

    /// - Parameters:
    ///   - limit: the maximum amount.
    ///   - interval: the time between two checks.
    ///   - measure: returns the amount; `nil` if it cannot be determined.
    ///   - exceeded: called with the amount at every check that finds the limit exceeded.
    init(
        _ limit: Int,
        every interval: Duration,
        on loop: EventLoop,
        measure: @escaping @Sendable () async -> Int?,
        exceeded: @escaping @Sendable (Int) async -> Void
    ) {
        let state = Locked(State(limit: limit))
        self.state = state
        task = loop.startTask {
            while (try? await loop.sleep(for: interval)) != nil {
                guard let amount = await measure() else { continue }
                let isExceeded = state.withLock { state in
                    state.isExceeded = amount > state.limit
                    return state.isExceeded
                }
                if isExceeded { await exceeded(amount) }
            }
        }
    }

    /// Changes the limit from the next check on.
    func change(to limit: Int) { state.withLock { $0.limit = limit } }

    /// Stops checking.
    func stop() { task.cancel() }

    /// Returns the disk space of a folder's files in bytes, without mounts below it; `nil` if it cannot be determined.
    ///
    /// An external program measures it, because a tree can be large.
    nonisolated(nonsending) static func diskUse(of folder: String, _ loop: EventLoop) async -> Int? {
        guard let null = try? Descriptor.open("/dev/null", O_RDWR), let pipe = try? Descriptor.pipe(),
            let process = try? ChildProcess(
                ["du", "-sxB1", "--", folder],
                standard: (null, pipe.write, null),
                loop: loop
            )
        else { return nil }
        pipe.write.close()
        guard let output = try? BufferedStream.pipe(pipe.read, on: loop) else { return nil }
        defer { output.close() }
        while await output.fillOrWait(), output.input.count < 4096 {}
        _ = await process.waitForExit()
        let text = output.input.withReadableBytes { String(decoding: $0, as: UTF8.self) }
        return Int(text.prefix { $0 != "\t" })
    }
}
