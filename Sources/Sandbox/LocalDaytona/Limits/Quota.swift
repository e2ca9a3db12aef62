import BenchmarkTransport
import Glibc

/// Looks now and then at how much of something there is, where nothing stops it from growing.
final class Quota: Sendable {
    private struct State {
        var limit: Int
        var isExceeded = false
    }
    private let state: Locked<State>
    private let task: Task<Void, Never>

    /// Whether the last look found more than there may be.
    var isExceeded: Bool { state.withLock { $0.isExceeded } }

    /// - Parameters:
    ///   - limit: how much there may be.
    ///   - interval: how long it is between two looks.
    ///   - measure: tells how much there is; nil if that cannot be told.
    ///   - exceeded: is told how much there is, whenever that is too much.
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

    /// Another limit, from the next look on.
    func change(to limit: Int) { state.withLock { $0.limit = limit } }

    /// Looks no more.
    func stop() { task.cancel() }

    /// The bytes that the files of a folder take on the disk, without what is mounted below it; nil if that cannot be
    /// told.
    ///
    /// By another program, because a tree can be large.
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
