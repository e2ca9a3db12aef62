import BenchmarkProtocol
import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("One-shot commands", .timeLimit(.minutes(10)))
struct OneShotTests {
    typealias Mode = SandboxFixture.Mode

    @Test("a command is the standard input of its shell", arguments: Mode.available)
    func isStandardInput(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result1 = try await sandbox.shell("echo one\ncat\necho two")
            #expect(result1 == ShellResult(0, "one\necho two"))
            let result2 = try await sandbox.shell("cat; echo after")
            #expect(result2 == ShellResult(0, "after\n"))
            let result3 = try await sandbox.shell("exit 300")
            #expect(result3.exitCode == 44)
            let long = String(repeating: "true\n", count: 60_000)
            let result4 = try await sandbox.shell("\(long)echo end")
            #expect(result4 == ShellResult(0, "end\n"))
        }
    }

    @Test("standard output and standard error are one text", arguments: Mode.available)
    func mergesOutput(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result5 = try await sandbox.shell("echo a; echo b >&2; echo c")
            #expect(result5 == ShellResult(0, "a\nb\nc\n"))
            let result = try await sandbox.shell("seq 1 20000 | tail -n 3; head -c 3000000 /dev/zero | tr '\\0' x")
            #expect(result.output.utf8.count == 18 + 3_000_000)
        }
    }

    @Test("a signal gives exit code 128 plus its number for a child, and -1 for the shell", arguments: Mode.available)
    func signals(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result6 = try await sandbox.shell("sh -c 'kill -9 $$'")
            #expect(result6.exitCode == 137)
            let result7 = try await sandbox.shell("echo before; kill -9 $$")
            #expect(result7 == ShellResult(-1, "before\n"))
        }
    }

    @Test("a missing directory gives exit code -1 and the reason", arguments: Mode.available)
    func missingDirectory(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result = try await sandbox.shell("echo never", in: "/not/there")
            #expect(result.exitCode == -1)
            #expect(result.output.contains("/not/there"))
        }
    }

    @Test("a command gets a clean environment with the variables that were added", arguments: Mode.available)
    func environment(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            _ = await sandbox.update { $0.environment = [("FIRST", "1"), ("SECOND", "1")] }
            let result = try await sandbox.shell("env -0 | tr '\\0' '\\n'", adding: [("SECOND", "2")])
            let settings = result.output.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
            var values = Dictionary(settings.map { ($0[0], $0.last ?? "") }) { $1 }
            // The shell's own.
            for name in ["PWD", "OLDPWD", "SHLVL", "_"] { values[Substring(name)] = nil }
            let names = "DAYTONA_SANDBOX_ID FIRST HOME LANG LOGNAME PATH SECOND SHELL TMPDIR USER"
            #expect(values.keys.sorted().joined(separator: " ") == names)
            #expect([values["FIRST"], values["SECOND"], values["LANG"]] == ["1", "2", "C.UTF-8"])
            #expect(values["PATH"]?.elementsEqual(Spawn.path) == true)
        }
    }

    @Test("the value of a variable arrives as it was sent", arguments: Mode.available)
    func values(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            for value in ["", " a  b ", "é😀 \u{81}\u{88}", #"'"\$HOME`id`"#, "a\nb\n\n", "-n", "x=y"] {
                let result = try await sandbox.shell(#"printf %s "$VALUE""#, adding: [("VALUE", value)])
                #expect(result == ShellResult(0, value))
            }
        }
    }

    @Test("variables that affect programs before the command runs do no harm", arguments: Mode.available)
    func hostileEnvironment(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let settings = [("PATH", "/nowhere"), ("LD_PRELOAD", "/nowhere.so"), ("-u", "x"), ("IFS", "/")]
            let result = try await sandbox.shell("echo $PATH $LD_PRELOAD 2>/dev/null", adding: settings)
            #expect(result.exitCode == 0)
            #expect(result.output.hasSuffix("/nowhere /nowhere.so\n"), "\(result.output)")
        }
    }

    @Test("nothing outside the sandbox obeys a command's variables", arguments: Mode.isolated)
    func variablesOutside(_ mode: Mode) async throws {
        try await withTemporaryDirectory { folder in
            // What the command's PATH finds first, and what the programs that start a command see.
            let (trap, seen) = ("\(folder)/trap", "\(folder)/seen")
            for name in ["nsenter", "setsid", "setpriv", "env", "sh"] {
                let file = try Descriptor.open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL, mode: 0o755)
                try file.write(Array("#!/bin/sh\n: >\(trap)\n".utf8), path: name)
            }
            try await SandboxFixture.with(mode) { sandbox in
                let entrance = ["/bin/sh", "-c", #"/usr/bin/env >"$0"; exec "$@""#, seen]
                try await sandbox.activeSpace().enter(by: entrance)
                let settings = [("PATH", folder), ("LD_PRELOAD", "/nowhere.so"), ("SHELLOPTS", "xtrace"), ("A", "b")]
                let result = try await sandbox.shell("echo $PATH $A 2>/dev/null", adding: settings)
                #expect(result.exitCode == 0)
                #expect(result.output.contains("\(folder) b\n"), "\(result.output)")
                #expect(access(trap, F_OK) != 0)
                let outside = try #require(SystemFile.read(seen)).split(separator: "\n")
                for (name, _) in settings {
                    let value = outside.first { $0.hasPrefix("\(name)=") } ?? ""
                    #expect(value == (name == "PATH" ? "PATH=\(Spawn.path)" : ""))
                }
            }
        }
    }

    @Test("the whole process group is killed at the timeout", arguments: Mode.available)
    func timesOut(_ mode: Mode) async throws {
        let mark = "8\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode) { sandbox in
            let outcome = try await sandbox.run(
                "sleep \(mark) & sleep \(mark)",
                in: nil,
                adding: [],
                timeout: .milliseconds(300)
            )
            #expect(outcome == .timedOut)
            while Processes.count(withArgument: mark) > 0 { await Task.yield() }
        }
    }

    @Test("the process group is killed at the timeout even if its shell has ended", arguments: Mode.available)
    func outlivesItsShell(_ mode: Mode) async throws {
        let marks = (0..<3).map { "8\($0)\(Int.random(in: 100_000...999_999))" }
        try await SandboxFixture.with(mode) { sandbox in
            let earlier = try await sandbox.shell("sleep \(marks[0]) >/dev/null 2>&1 &")
            #expect(earlier == ShellResult(0, ""))
            let text = "sleep \(marks[1]) & sleep \(marks[2]) >/dev/null 2>&1 &"
            let outcome = try await sandbox.run(text, in: nil, adding: [], timeout: .milliseconds(500))
            #expect(outcome == .timedOut)
            await until { marks.dropFirst().allSatisfy { Processes.count(withArgument: $0) == 0 } }
            #expect(Processes.count(withArgument: marks[0]) == 1)
        }
    }

    @Test("a background process survives if it does not hold the output open", arguments: Mode.available)
    func background(_ mode: Mode) async throws {
        let mark = "7\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode) { sandbox in
            let result8 = try await sandbox.shell("sleep \(mark) >/dev/null 2>&1 & echo hi")
            #expect(result8 == ShellResult(0, "hi\n"))
            // The shell may have ended before its child has become `sleep`.
            await until { Processes.count(withArgument: mark) == 1 }
            let result9 = try await sandbox.shell("sleep 0.2 & echo waits")
            #expect(result9 == ShellResult(0, "waits\n"))
            #expect(Processes.count(withArgument: mark) == 1)
        }
    }

    @Test("more output than is kept is an error, and ends the command, even in the background", arguments: ["", " &"])
    func tooMuchOutput(_ suffix: String) async throws {
        let mark = "7\(Int.random(in: 1_000_000...9_999_999))"
        try await DaytonaFixture.with { fixture in
            let command = "{ head -c 70000000 /dev/zero | tr '\\0' x; sleep \(mark); }\(suffix)"
            let body = fixture.json(["command": .string(command)])
            let answer = try await fixture.toolbox(.post, "/process/execute", body)
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.stringValue?.contains("longer than 67108864 bytes") == true)
            await until { Processes.count(withArgument: mark) == 0 }
        }
    }
}
