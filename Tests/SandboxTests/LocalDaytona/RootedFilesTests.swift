import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Files below a root", .timeLimit(.minutes(10)))
struct RootedFilesTests {
    /// Calls `body` with the files below a folder that is removed after the test.
    private static func with(_ body: (RootedFiles, _ folder: String) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            let root = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
            try await body(RootedFiles(root: root, workingDirectory: "/"), folder)
        }
    }

    @Test("a file on which a process holds a lease cannot be opened, and nobody waits for it")
    func lease() async throws {
        try await Self.with { files, folder in
            let (setSignal, setLease): (Int32, Int32) = (10, 1024)
            let holder = try Descriptor.open("\(folder)/a", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            // The holder is told by a signal, which would end it if it were not one that is ignored.
            #expect(fcntl(holder.number, setSignal, SIGURG) == 0)
            try #require(fcntl(holder.number, setLease, F_WRLCK) == 0)
            #expect(throws: FileError(number: EAGAIN, path: "/a")) { try files.openForReading("/a") }
            #expect(fcntl(holder.number, setLease, F_UNLCK) == 0)
            _ = try files.openForReading("/a")
        }
    }

    @Test("of two files that are moved to one place at the same time, one stays where it is")
    func moves() async throws {
        try await Self.with { files, folder in
            let roundCount = 1500
            let (arrived, moved) = (Locked(0), Locked([Int](repeating: 0, count: roundCount)))
            try await withThrowingTaskGroup { group in
                for name in ["a", "b"] {
                    group.addTask {
                        try await ServiceExecutor.system.run {
                            for round in 0..<roundCount {
                                _ = try files.create("/\(name)\(round)")
                                // Both go on together.
                                arrived.withLock { $0 += 1 }
                                while arrived.withLock({ $0 < 2 * (round + 1) }) { sched_yield() }
                                let isMoved = (try? files.move("/\(name)\(round)", to: "/\(round)")) != nil
                                if isMoved { moved.withLock { $0[round] += 1 } }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(moved.withLock { $0.allSatisfy { $0 == 1 } })
            #expect(access("\(folder)/0", F_OK) == 0)
        }
    }
}
