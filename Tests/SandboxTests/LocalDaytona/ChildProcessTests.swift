import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Child processes", .timeLimit(.minutes(10)))
struct ChildProcessTests {
    private let loop = EventLoopGroup.shared.next()

    private func start(_ arguments: [String]) throws -> ChildProcess {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        return try ChildProcess(arguments, standard: (null, null, null), loop: loop)
    }

    @Test("a process ends with its exit code or its signal")
    func outcomes() async throws {
        #expect(await (try start(["sh", "-c", "exit 7"])).waitForExit() == .exited(7))
        #expect(await (try start(["sh", "-c", "kill -9 $$"])).waitForExit() == .signalled(SIGKILL))
    }

    @Test("the wait for a process ends even if someone else has reaped it")
    func reapedElsewhere() async throws {
        let process = try start(["sleep", "1000"])
        // On the loop's thread, so that the loop cannot be faster.
        let reaped = Locked(pid_t(0))
        loop.execute {
            process.signal(SIGKILL)
            var status: Int32 = 0
            reaped.withLock { $0 = waitpid(process.pid, &status, 0) }
        }
        #expect(await process.waitForExit() == .exited(-1))
        #expect(reaped.withLock { $0 } == process.pid)
    }

    @Test("a tree of processes ends even where a number that was used again makes a circle")
    func circle() {
        let tree = ProcessTree(children: [1: [2], 2: [3, 4], 3: [2, 3], 4: [1, 5]])
        #expect(tree.descendants(of: 1) == [2, 3, 4, 5])
        #expect(tree.descendants(of: 9) == [])
    }

    @Test("a pipe waits for a busy reader, however long that lasts")
    func patience() async throws {
        let pipe = try Descriptor.pipe()
        let limit = try await loop.startThrowingTask { [loop] in
            let stream = try BufferedStream.pipe(pipe.write, on: loop)
            defer { stream.close() }
            return stream.writeStallLimit
        }.value
        #expect(limit > .seconds(365 * 86_400))
    }

    @Test("a program of the machine may print any amount, and its first line says why it fails")
    func prints() async throws {
        try await DiskImage.run(["head", "-c", "1000000", "/dev/zero"], loop)
        let error = await #expect(throws: SandboxError.self) {
            try await DiskImage.run(["sh", "-c", "echo reason; head -c 1000000 /dev/zero; exit 1"], loop)
        }
        #expect(error?.message == "sh failed: reason")
    }
}
