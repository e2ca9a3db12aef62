import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Files of a sandbox")
struct DaytonaFilesTests {
    private func withSandbox(_ body: @Sendable (DaytonaSandbox) async throws -> Void) async throws {
        try await withLocalDaytona { client in try await body(try await client.createSandbox(.init())) }
    }

    @Test("folders and files are created, described, moved and deleted")
    func files() async throws {
        try await withSandbox { sandbox in
            try await sandbox.createFolder("/tmp/a b/ž", permissions: 0o750)
            try await sandbox.upload("one\ntwo\n", to: "/tmp/a b/ž/x.txt")
            try await sandbox.setPermissions(of: "/tmp/a b/ž/x.txt", to: 0o600)
            let info = try await sandbox.fileInfo("/tmp/a b/ž/x.txt")
            #expect((info.name, info.byteCount, info.isFolder) == ("x.txt", 8, false))
            #expect((info.mode, info.permissions) == ("-rw-------", "0600"))
            #expect(info.modifiedAt.hasSuffix("Z"))
            #expect(try await sandbox.fileInfo("/tmp/a b/ž").permissions == "0750")
            #expect(try await sandbox.files(in: "/tmp/a b").map(\.name) == ["ž"])
            #expect(try await sandbox.files(in: "/tmp/a b/ž") == [info])

            try await sandbox.moveFile("/tmp/a b/ž/x.txt", to: "/tmp/y&=.txt")
            try await sandbox.upload("z", to: "/tmp/z.txt")
            let blocked = await #expect(throws: SandboxError.self) {
                try await sandbox.moveFile("/tmp/z.txt", to: "/tmp/y&=.txt")
            }
            #expect(blocked?.code == .conflict)
            let folder = await #expect(throws: SandboxError.self) { try await sandbox.deleteFile("/tmp/a b") }
            #expect(folder?.code == .invalidRequest)
            try await sandbox.deleteFile("/tmp/a b", recursive: true)
            try await sandbox.deleteFile("/tmp/y&=.txt")
            let gone = await #expect(throws: SandboxError.self) { try await sandbox.deleteFile("/tmp/y&=.txt") }
            #expect(gone?.code == .notFound)
            #expect(gone?.message.hasPrefix("cannot delete /tmp/y&=.txt: ") == true)
        }
    }

    @Test("text and names are found, and text is replaced")
    func search() async throws {
        try await withSandbox { sandbox in
            try await sandbox.upload("one\ntwo & three\n", to: "/tmp/d/x.txt")
            try await sandbox.upload("two", to: "/tmp/d/e/y.md")
            let found = try await sandbox.findText("two", in: "/tmp/d")
            #expect(
                Set(found.map { "\($0.path):\($0.line):\($0.content)" }) == [
                    "/tmp/d/x.txt:2:two & three", "/tmp/d/e/y.md:1:two",
                ]
            )
            #expect(try await sandbox.findText("zero", in: "/tmp/d").isEmpty)
            #expect(try await sandbox.findFiles(named: "*.md", in: "/tmp/d") == ["/tmp/d/e/y.md"])
            let replaced = try await sandbox.replaceText("two", with: "2", in: ["/tmp/d/x.txt", "/tmp/d/none"])
            #expect(replaced.map { $0.failure == nil } == [true, false])
            #expect(try await sandbox.download("/tmp/d/x.txt") == Array("one\n2 & three\n".utf8))
            #expect(try await sandbox.replaceText("two", with: "", in: []) == [])
        }
    }

    @Test("a sandbox reports its folders and its version")
    func places() async throws {
        try await withSandbox { sandbox in
            let (work, home) = (try await sandbox.workingDirectory(), try await sandbox.homeDirectory())
            #expect(work.hasPrefix("/") && home.hasPrefix("/"))
            #expect(try await sandbox.toolboxVersion() == "0.190.0")
        }
    }

    @Test("an invalid answer is a protocol violation", arguments: ["{}", "[{}]", "[1]", "\"x\""])
    func nonsense(_ body: String) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(200, body)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            for call in [
                { _ = try await sandbox.files(in: "/") }, { _ = try await sandbox.fileInfo("/") },
                { _ = try await sandbox.findText("x", in: "/") },
                { _ = try await sandbox.replaceText("x", with: "y", in: ["/x"]) },
                { _ = try await sandbox.workingDirectory() }, { _ = try await sandbox.previewLink(port: 1) },
                { _ = try await sandbox.run("true") },
            ] as [@Sendable () async throws -> Void] {
                let error = await #expect(throws: SandboxError.self) { try await call() }
                #expect(error?.code == .protocolViolation)
            }
        }
    }
}
