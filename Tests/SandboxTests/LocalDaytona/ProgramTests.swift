import BenchmarkProtocol
import BenchmarkTransport
import CLinux
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

/// The program `local-daytona` as a separate process, with a directory that is removed after the test.
struct Program: Sendable {
    let process: ChildProcess
    let directory: String
    let url: String
    let key: String
    let client: HTTPClient

    enum User: Sendable, CaseIterable { case same, nobody }

    /// The users that a test can run as.
    static let users: [User] = geteuid() == 0 ? [.same, .nobody] : [.same]

    /// Calls `body` with the started program, and kills the program afterwards if it is still running.
    static func with(
        _ user: User,
        isolation: String = "namespaces",
        _ body: @Sendable (Program) async throws -> Void
    ) async throws {
        let directory = "/tmp/program-test-\(RandomText.hexadecimal(count: 8))"
        guard mkdir(directory, 0o755) == 0 else { throw SandboxError.lastError("cannot create '\(directory)'") }
        let loop = EventLoopGroup.shared.next()
        var failure: (any Error)?
        do {
            let program = try await start(user, directory, ["--isolation", isolation], loop)
            do { try await body(program) } catch { failure = error }
            program.client.shutDown()
            program.process.signal(SIGKILL)
            _ = await program.process.waitForExit()
        } catch { failure = error }
        await InstanceDirectory.remove(directory, on: loop)
        if let failure { throw failure }
    }

    private static func start(
        _ user: User,
        _ directory: String,
        _ arguments: [String],
        _ loop: EventLoop
    ) async throws -> Program {
        // Another user may not have access to the directory where it was built.
        let file = "\(directory)/local-daytona"
        // Copied by a program, so that no child of another test can hold the copy open for writing while it is started.
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let copy = try ChildProcess(
            ["cp", "\(productDirectory)/local-daytona", file],
            standard: (null, null, null),
            loop: loop
        )
        _ = await copy.waitForExit()
        mkdir("\(directory)/run", 0o755)
        var command = [file, "--port", "0", "--api-key", "local", "--directory", "\(directory)/run"] + arguments
        if user == .nobody {
            guard let nobody = getpwnam("nobody")?.pointee else { throw SandboxError(.system, "no user 'nobody'") }
            chown("\(directory)/run", nobody.pw_uid, nobody.pw_gid)
            command = ["setpriv", "--reuid=\(nobody.pw_uid)", "--regid=\(nobody.pw_gid)", "--clear-groups"] + command
        }
        let output = try Descriptor.pipe()
        // A sanitizer's settings apply to the program as well.
        let settings = ["ASAN_OPTIONS", "TSAN_OPTIONS"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        let process = try ChildProcess(
            command,
            environment: Spawn.toolEnvironment + settings,
            standard: (null, output.write, null),
            loop: loop
        )
        output.write.close()
        let lines = try await loop.startThrowingTask { () -> [Substring] in
            let stream = try BufferedStream.pipe(output.read, on: loop)
            defer { stream.close() }
            while true {
                let text = stream.input.withReadableBytes { String(decoding: $0, as: UTF8.self) }
                if text.split(separator: "\n", omittingEmptySubsequences: false).count > 3 {
                    return text.split(separator: "\n")
                }
                guard await stream.fillOrWait() else { throw SandboxError(.system, "the program ended: \(text)") }
            }
        }.value
        let value = { (name: String) in
            lines.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        return Program(
            process: process,
            directory: "\(directory)/run",
            url: try #require(value("DAYTONA_API_URL")),
            key: try #require(value("DAYTONA_API_KEY")),
            client: directClient()
        )
    }

    /// The directory of the package's products, which is that of the test bundle.
    static var productDirectory: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &path, path.count))
        // Under `swift test` the bundle itself is the program, or an argument names it.
        let candidates =
            [String(decoding: path[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)] + CommandLine.arguments
        let folders = candidates.map { RootedFiles.split($0).parent }
        return folders.first { access("\($0)/local-daytona", X_OK) == 0 } ?? "."
    }

    func send(_ method: HTTPMethod, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let url = try HTTPURL(path.hasPrefix("/toolbox") ? "\(url.dropLast(4))\(path)" : "\(url)\(path)")
        let request = HTTPClientRequest(
            method,
            url,
            fields: [(.authorization, "Bearer \(key)")],
            body: .bytes(try body.serialized())
        )
        let result = try await client.send(request)
        return (try? JSONValue(parsing: result.body)) ?? .null
    }

    /// Starts a sandbox in which processes with the argument `mark` run, in a session and detached, and returns its id.
    ///
    /// - Parameter isLimited: Whether the sandbox asks for resources.
    func startProcesses(_ mark: String, isLimited: Bool = false) async throws -> String {
        let request: JSONValue = isLimited ? ["cpu": 1, "memory": 1, "disk": 1] : [:]
        let id = try #require(await send(.post, "/sandbox", request)["id"]?.stringValue)
        _ = try await send(.post, "/toolbox/\(id)/process/session", ["sessionId": "s"])
        let command: JSONValue = ["command": .string("setsid nohup sleep \(mark) & sleep \(mark)"), "runAsync": true]
        _ = try await send(.post, "/toolbox/\(id)/process/session/s/exec", command)
        for launcher in ["setsid nohup", "env -i setsid"] {
            let own: JSONValue = ["command": .string("(\(launcher) sleep \(mark) >/dev/null 2>&1 &)")]
            _ = try await send(.post, "/toolbox/\(id)/process/execute", own)
        }
        await until { Processes.count(withArgument: mark) == 4 }
        return id
    }

    /// The names in the program's directory.
    var leftovers: [String] {
        (try? RootedFiles.names(in: Descriptor.open(directory, O_RDONLY | O_DIRECTORY), directory)) ?? ["?"]
    }
}

@Suite("The program local-daytona", .timeLimit(.minutes(10)))
struct ProgramTests {
    @Test("the program works for any user", arguments: Program.users)
    func users(_ user: Program.User) async throws {
        try await Program.with(user) { program in
            #expect(program.key == "local")
            let id = try #require(await program.send(.post, "/sandbox")["id"]?.stringValue)
            let command: JSONValue = [
                "command": "touch /usr/x /etc/x /opt/x 2>/dev/null || echo x >/workspace/x; ls /workspace"
            ]
            let result = try await program.send(.post, "/toolbox/\(id)/process/execute", command)
            #expect(result["result"] == "x\n")
            let folder = try await program.send(.get, "/toolbox/\(id)/files?path=/workspace")
            #expect(folder[0]?["name"] == "x")
            let system = try await program.send(.get, "/toolbox/\(id)/files/info?path=/usr/bin/env")
            #expect(system["isDir"] == false)
        }
    }

    @Test("a signal ends the program and everything it runs", arguments: Program.users, [SIGINT, SIGTERM])
    func signals(_ user: Program.User, _ signal: Int32) async throws {
        let mark = "3\(Int.random(in: 1_000_000...9_999_999))"
        try await Program.with(user) { program in
            _ = try await program.startProcesses(mark)
            program.process.signal(signal)
            #expect(await program.process.waitForExit() == .exited(0))
            #expect(Processes.count(withArgument: mark) == 0)
            #expect(program.leftovers == [])
        }
    }

    @Test("a second signal ends the program at once, and the next one cleans up")
    func secondSignal() async throws {
        let mark = "5\(Int.random(in: 1_000_000...9_999_999))"
        try await Program.with(.same) { program in
            let id = try #require(await program.send(.post, "/sandbox")["id"]?.stringValue)
            _ = try await program.send(.post, "/toolbox/\(id)/process/session", ["sessionId": "s"])
            // The first signal asks the program to end, which takes seconds with this command.
            let command: JSONValue = ["command": .string("trap '' TERM; sleep \(mark)"), "runAsync": true]
            _ = try await program.send(.post, "/toolbox/\(id)/process/session/s/exec", command)
            await until { Processes.count(withArgument: mark) == 1 }
            let loop = EventLoopGroup.shared.next()
            let signals = loop.startTask {
                // Two signals that arrive together count as one.
                while (try? await loop.sleep(for: .milliseconds(5))) != nil { program.process.signal(SIGTERM) }
            }
            #expect(await program.process.waitForExit() == .exited(1))
            signals.cancel()
            await signals.value
            await until { Processes.count(withArgument: mark) == 0 }
            try await Self.startNext(program)
        }
    }

    @Test("a signal ends everything even without isolation")
    func signalWithoutIsolation() async throws {
        let mark = "2\(Int.random(in: 1_000_000...9_999_999))"
        try await Program.with(.same, isolation: "none") { program in
            _ = try await program.startProcesses(mark)
            program.process.signal(SIGINT)
            #expect(await program.process.waitForExit() == .exited(0))
            #expect(Processes.count(withArgument: mark) == 0)
            #expect(program.leftovers == [])
        }
    }

    @Test("a program that is killed takes its namespaces with it, and the next one cleans up", arguments: Program.users)
    func killed(_ user: Program.User) async throws {
        let mark = "4\(Int.random(in: 1_000_000...9_999_999))"
        try await Program.with(user) { program in
            _ = try await program.startProcesses(mark)
            program.process.signal(SIGKILL)
            _ = await program.process.waitForExit()
            await until { Processes.count(withArgument: mark) == 0 }
            #expect(program.leftovers.count == 1)
            guard user == .same else { return }
            try await Self.startNext(program)
        }
    }

    @Test(
        "the next program ends everything that a killed one ran, and removes its groups, mounts and files",
        arguments: ["namespaces", "none"],
        [false, true]
    )
    func killedWithoutHelp(_ isolation: String, _ isLimited: Bool) async throws {
        let mark = "4\(Int.random(in: 1_000_000...9_999_999))"
        try await Program.with(.same, isolation: isolation) { program in
            _ = try await program.startProcesses(mark, isLimited: isLimited)
            program.process.signal(SIGKILL)
            _ = await program.process.waitForExit()
            // Any server that starts ends leftover control groups, and other tests start servers.
            if isolation == "none", !isLimited { #expect(Processes.count(withArgument: mark) == 4) }
            let name = try #require(program.leftovers.first)
            try await Self.startNext(program)
            #expect(Processes.count(withArgument: mark) == 0)
            #expect(MountTable.current().points.filter { $0.hasPrefix(program.directory) } == [])
            #expect(SandboxLimits.candidates().flatMap { $0.names(withPrefix: name) } == [])
        }
    }

    /// Starts another server in the directory of one that was killed, and checks that it cleans up first.
    private static func startNext(_ program: Program) async throws {
        var configuration = LocalDaytona.Configuration()
        configuration.directory = program.directory
        let next = try await LocalDaytona.start(configuration)
        #expect(program.leftovers.count == 1)
        await next.shutdown()
        #expect(program.leftovers == [])
    }

    @Test(
        "arguments that the program does not understand are a usage error",
        arguments: [["--port", "x"], ["--port"], ["--nope"], ["--isolation", "some"], ["extra"], ["--port=70000"]]
    )
    func usage(_ arguments: [String]) async throws {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let process = try ChildProcess(
            ["\(Program.productDirectory)/local-daytona"] + arguments,
            standard: (null, null, null),
            loop: EventLoopGroup.shared.next()
        )
        #expect(await process.waitForExit() == .exited(2))
    }
}
