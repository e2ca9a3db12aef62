import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Servers' directories")
struct InstanceDirectoryTests {
    /// Makes the directory of a server that runs or was killed, with a lock in it.
    private static func makeInstance(_ name: String, in folder: String) throws -> Descriptor {
        #expect(mkdir("\(folder)/\(name)", 0o700) == 0)
        #expect(mkdir("\(folder)/\(name)/1", 0o700) == 0)
        return try Descriptor.open("\(folder)/\(name)/lock", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    }

    private static func names(in folder: String) throws -> [String] {
        try RootedFiles.names(in: Descriptor.open(folder, O_RDONLY | O_DIRECTORY), folder)
    }

    private static func startAndStop(in folder: String) async throws {
        var configuration = LocalDaytona.Configuration()
        (configuration.directory, configuration.isolation, configuration.limits) = (
            folder, Isolation.none, LimitMechanism.none
        )
        await (try await LocalDaytona.start(configuration)).shutdown()
    }

    @Test("a dead server's directory is removed, even if another process has its number")
    func numberInUse() async throws {
        try await withTemporaryDirectory { folder in
            // In a container, a server that is started again often has the same number as before.
            _ = try Self.makeInstance("local-daytona-\(getuid())-\(getpid())-0123abcd", in: folder)
            try await Self.startAndStop(in: folder)
            #expect(try Self.names(in: folder) == [])
        }
    }

    @Test("a mark survives being written as text, and no text marks every process")
    func marks() {
        let mark = ProcessMark(id: "an-id")
        #expect(ProcessMark(mark.text) == mark)
        for text in ["", "\n", "DAYTONA_SANDBOX_ID=\n1099511627777", "PATH=x\n1099511627777", "x"] {
            #expect(ProcessMark(text) == nil, "\(text)")
        }
        for limit in ["", "0", "18446744073709551615", "-1"] {
            #expect(ProcessMark("DAYTONA_SANDBOX_ID=x\n\(limit)")?.limit == nil)
        }
    }

    @Test("a running server's directory stays, even if its number cannot be seen here")
    func locked() async throws {
        try await withTemporaryDirectory { folder in
            let name = "local-daytona-\(getuid())-99999999-0123abcd"
            let lock = try Self.makeInstance(name, in: folder)
            #expect(flock(lock.number, LOCK_EX | LOCK_NB) == 0)
            try await Self.startAndStop(in: folder)
            #expect(try Self.names(in: folder) == [name])
        }
    }
}
