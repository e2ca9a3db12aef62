import BenchmarkTransport
import Glibc

/// Looks now and then at how much is in a folder, where nothing stops it from growing.
final class DiskQuota: Sendable {
    private let state = Locked(false)
    private let task: Task<Void, Never>

    /// Whether the last look found more than there may be.
    var isExceeded: Bool { state.withLock { $0 } }

    /// - Parameters:
    ///   - byteCount: how much there may be.
    ///   - folder: without what is mounted below it.
    ///   - exceeded: is told how much there is, whenever that is too much.
    init(
        _ byteCount: Int,
        of folder: String,
        _ loop: EventLoop,
        exceeded: @escaping @Sendable (Int) async -> Void
    ) {
        let state = state
        task = loop.startTask {
            while (try? await loop.sleep(for: SandboxLimits.quotaInterval)) != nil {
                guard let used = await Self.use(of: folder, loop) else { continue }
                state.withLock { $0 = used > byteCount }
                if used > byteCount { await exceeded(used) }
            }
        }
    }

    /// Looks no more.
    func stop() { task.cancel() }

    /// The bytes that the files of a folder take on the disk; nil if that cannot be told.
    ///
    /// By another program, because a tree can be large.
    private nonisolated(nonsending) static func use(of folder: String, _ loop: EventLoop) async -> Int? {
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
