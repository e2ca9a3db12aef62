import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Bad input is refused before anything is sent")
struct SandboxInputTests {
    private func expectRefused(_ body: @Sendable (DaytonaClient, DaytonaSandbox) async throws -> Void) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(200, "{}")
        } _: { client, script in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) { try await body(client, sandbox) }
            #expect(error?.code == .invalidRequest)
            #expect(script.count == 0)
        }
    }

    static let badPaths = [
        "", "/a\0b", "/" + String(repeating: "x", count: 256), String(repeating: "/x", count: 2048),
    ]

    @Test("an invalid path is refused", arguments: badPaths)
    func paths(_ path: String) async throws {
        try await expectRefused { try await $1.upload("x", to: path) }
        try await expectRefused { _ = try await $1.download(path) }
        try await expectRefused { try await $1.downloadFile(path, to: "/tmp/never") }
        try await expectRefused { try await $1.downloadFile("/x", to: path) }
        try await expectRefused { try await $1.uploadFile(path, to: "/x") }
        try await expectRefused { for try await _ in $1.contents(of: path) {} }
        try await expectRefused { _ = try await $1.files(in: path) }
        try await expectRefused { _ = try await $1.fileInfo(path) }
        try await expectRefused { try await $1.moveFile("/a", to: path) }
        try await expectRefused { try await $1.moveFile(path, to: "/a") }
        try await expectRefused { try await $1.deleteFile(path, recursive: true) }
        try await expectRefused { try await $1.createFolder(path) }
        try await expectRefused { try await $1.setPermissions(of: path, to: 0o600) }
        try await expectRefused { _ = try await $1.findText("x", in: path) }
        try await expectRefused { _ = try await $1.findFiles(named: "x", in: path) }
        try await expectRefused { _ = try await $1.replaceText("x", with: "y", in: ["/a", path]) }
        try await expectRefused { _ = try await $1.run("true", cwd: path) }
    }

    @Test(
        "an invalid command is refused",
        arguments: ["", " \n\t", "echo \0", String(repeating: "x", count: (4 << 20) + 1)]
    )
    func commands(_ command: String) async throws {
        try await expectRefused { _ = try await $1.run(command) }
        try await expectRefused { for try await _ in $1.output(of: command, cwd: "/", ignoreError: false) {} }
    }

    @Test("an invalid name of a variable is refused", arguments: ["", "1A", "A-B", "A B", "Ä", "A=B"])
    func variables(_ name: String) async throws {
        try await expectRefused { _ = try await $1.run("true", cwd: nil, environment: [(name, "x")], timeout: nil) }
        try await expectRefused { client, _ in
            var request = CreateSandboxRequest()
            request.environment = [(name, "x")]
            _ = try await client.createSandbox(request)
        }
    }

    @Test("an invalid sandbox id is refused", arguments: ["", ".", "..", "a\0", String(repeating: "x", count: 256)])
    func ids(_ id: String) async throws {
        try await expectRefused { client, _ in _ = try await client.sandbox(id) }
        try await expectRefused { client, _ in try await client.deleteSandbox(id) }
        try await expectRefused { client, _ in try await client.waitForSandbox(id, until: .started) }
    }

    @Test("a sandbox that cannot be created and settings that do not exist are refused")
    func requests() async throws {
        let resources = Resources(vcpu: 1, memory: 1, disk: 1)
        var both = CreateSandboxRequest(image: "i")
        both.snapshot = "s"
        var sized = CreateSandboxRequest(snapshot: "s")
        sized.resources = resources
        var negative = CreateSandboxRequest()
        negative.autoStopMinutes = -1
        var unlabeled = CreateSandboxRequest()
        unlabeled.labels = [("", "x")]
        for request in [
            both, sized, negative, unlabeled, CreateSandboxRequest(image: "a\nRUN b"), CreateSandboxRequest(image: ""),
            CreateSandboxRequest(image: "i", resources: Resources(vcpu: 0, memory: 1, disk: 1)),
        ] {
            try await expectRefused { client, _ in _ = try await client.createSandbox(request) }
        }
        try await expectRefused { client, _ in try await client.setAutoStop(minutes: -1, of: "s") }
        try await expectRefused { client, _ in try await client.setLabels(["": "x"], of: "s") }
        for port in [0, -1, 65_536] { try await expectRefused { _ = try await $1.previewLink(port: port) } }
        try await expectRefused { _ = try await $1.signedPreviewLink(port: 80, lifetime: .zero) }
        try await expectRefused { try await $1.createFolder("/x", permissions: 0o10000) }
    }

    @Test("an empty key is unauthorized")
    func noKey() {
        let error = #expect(throws: SandboxError.self) {
            try DaytonaClient(DaytonaCredentials(apiKey: "", apiURL: "http://127.0.0.1:9/api", target: ""))
        }
        #expect(error?.code == .unauthorized)
    }
}
