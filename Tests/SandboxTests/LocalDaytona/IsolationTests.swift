import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Sandboxes as local processes", .timeLimit(.minutes(10)))
struct IsolationTests {
    typealias Mode = SandboxFixture.Mode

    @Test("a command runs in the home directory and can write there", arguments: Mode.available)
    func runsAtHome(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result = try await sandbox.shell("pwd; echo x >here && cat here; echo $HOME; cd /nowhere || exit 7")
            #expect(result.exitCode == 7)
            let lines = result.output.split(separator: "\n")
            #expect(lines.first?.hasSuffix("/home/daytona") == true)
            #expect(lines.dropFirst().first == "x")
            #expect(lines.dropFirst(2).first == lines.first)
        }
    }

    @Test(
        "directories that should be writable are",
        arguments: Mode.isolated,
        ["/workspace", "/tmp", "/var/tmp", "/run", "/home/daytona"]
    )
    func writable(_ mode: Mode, _ path: String) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result = try await sandbox.shell("touch x && ls", in: path)
            #expect(result == ShellResult(0, "x\n"))
        }
    }

    @Test("nothing of the host can be changed", arguments: Mode.isolated)
    func hostIsReadOnly(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            for path in ["/usr", "/etc", "/opt", "/bin", "/usr/lib"] {
                let touch = try await sandbox.shell("touch \(path)/local-daytona-test 2>&1")
                #expect(touch.exitCode != 0, "\(path): \(touch.output)")
                #expect(access("\(path)/local-daytona-test", F_OK) != 0)
            }
            let remount = try await sandbox.shell("mount -o remount,bind,rw /usr; umount /usr; touch /usr/x")
            #expect(remount.exitCode != 0)
            let kernel = try await sandbox.shell("echo x >/proc/sys/kernel/core_pattern")
            #expect(kernel.exitCode != 0)
            // The mode is always the current one: should one of these succeed, the host stays as it was.
            let devices = try await sandbox.shell(
                """
                for name in null zero full random urandom tty; do
                    [ -e /dev/$name ] || continue
                    chmod "$(stat -c %a /dev/$name)" /dev/$name 2>/dev/null && echo "/dev/$name"
                done
                true
                """
            )
            #expect(devices == ShellResult(0, ""))
            let files = try await sandbox.activeSpace().files
            let mode = try files.info("/dev/null").mode & 0o7777
            #expect(throws: FileError(number: EROFS, path: "/dev/null")) {
                try files.setPermissions("/dev/null", mode: mode, owner: nil, group: nil)
            }
        }
    }

    @Test("a directory of the host outside the system cannot be seen", arguments: Mode.isolated)
    func hidesOthers(_ mode: Mode) async throws {
        try await withTemporaryDirectory { folder in
            try await SandboxFixture.with(mode) { sandbox in
                let result = try await sandbox.shell("test -e '\(folder)' || echo hidden; test -e /usr && echo there")
                #expect(result == ShellResult(0, "hidden\nthere\n"))
            }
        }
    }

    @Test("only the sandbox's own processes can be seen", arguments: Mode.isolated)
    func seesOwnProcesses(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let result = try await sandbox.shell("ps -eo comm= | sort | uniq -c | tr -s ' '")
            #expect(result.exitCode == 0)
            #expect(!result.output.contains("swift"), "\(result.output)")
            #expect(result.output.split(separator: "\n").count <= 8, "\(result.output)")
            let result2 = try await sandbox.shell("kill -0 \(getpid())")
            #expect(result2.exitCode != 0)
        }
    }

    @Test("the usual devices exist", arguments: Mode.isolated)
    func devices(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let text = """
                echo x >/dev/null && head -c 3 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c
                echo err >/dev/stderr; echo y | cat /dev/stdin; cat <(echo z); touch /dev/shm/a && echo shm
                """
            let result3 = try await sandbox.shell(text)
            #expect(result3 == ShellResult(0, "3\n4\nerr\ny\nz\nshm\n"))
        }
    }

    @Test("the first process survives every signal and reaps orphans", arguments: Mode.isolated)
    func firstProcessSurvives(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            _ = try await sandbox.shell("(sleep 0.01 & sleep 0.01 &) ; kill -9 -1")
            let result4 = try await sandbox.shell("ps -eo stat= | grep -c Z")
            #expect(result4 == ShellResult(1, "0\n"))
        }
    }

    @Test("stopping and starting a sandbox keeps its files and ends its processes", arguments: Mode.available)
    func restarts(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            _ = try await sandbox.shell("echo kept >~/kept; setsid sleep 1000 >/dev/null 2>&1 &")
            try await sandbox.stop()
            #expect(await sandbox.record.state == .stopped)
            await #expect(throws: LocalSandbox.Failure.notStarted) { try await sandbox.shell("true") }
            try await sandbox.start()
            let result5 = try await sandbox.shell("cat ~/kept")
            #expect(result5 == ShellResult(0, "kept\n"))
            if mode != .none {
                let result6 = try await sandbox.shell("pgrep -c sleep")
                #expect(result6.output == "0\n")
            }
        }
    }

    @Test("a link left in place of a directory does not lead a mount elsewhere", arguments: Mode.isolated)
    func replacedDirectories(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            let text = "rm -rf /workspace /home/daytona /home && ln -s /usr /home && ln -s /etc /workspace"
            let result7 = try await sandbox.shell(text, in: "/")
            #expect(result7.exitCode == 0)
            try await sandbox.stop()
            try await sandbox.start()
            let result8 = try await sandbox.shell("touch /workspace/a /home/daytona/b && ls /workspace")
            #expect(result8 == ShellResult(0, "a\n"))
            #expect(access("/usr/daytona", F_OK) != 0)
        }
    }

    @Test("a process that has given up its environment and parent is still found", arguments: Mode.available)
    func unmarked(_ mode: Mode) async throws {
        let mark = "9\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode) { sandbox in
            _ = try await sandbox.shell("(cd / && exec env -i setsid sleep \(mark) >/dev/null 2>&1 &)")
            await until { Processes.count(withArgument: mark) == 1 }
            try await sandbox.stop()
            #expect(Processes.count(withArgument: mark) == 0)
        }
    }

    @Test("destroying a sandbox kills all its processes", arguments: Mode.available)
    func destroys(_ mode: Mode) async throws {
        let mark = "9\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode) { sandbox in
            let text = """
                (setsid nohup sleep \(mark) >/dev/null 2>&1 &)
                nohup sleep \(mark) >/dev/null 2>&1 &
                """
            let result9 = try await sandbox.shell(text)
            #expect(result9.exitCode == 0)
            // The shell does not wait until they have executed `sleep`.
            await until { Processes.count(withArgument: mark) == 2 }
            await sandbox.destroy()
            #expect(Processes.count(withArgument: mark) == 0)
            #expect(await sandbox.record.state == .destroyed)
        }
    }
}
