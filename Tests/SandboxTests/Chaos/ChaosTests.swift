import BenchmarkProtocol
import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox

/// Hundreds of commands while everything goes wrong that can.
///
/// `./dev chaos` runs this at full size: `CHAOS_COMMANDS`, `CHAOS_LINES` and `CHAOS_SEED` set the number of commands,
/// the number of lines that each writes to each of its streams, and the seed of the random numbers.
@Suite("Chaos")
struct ChaosTests {
    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
    }

    private static let lines = setting("CHAOS_LINES", 20)

    /// Every kind of fault, on the routes of commands.
    private static func plan(seed: Int) -> FaultPlan {
        func fault(_ kind: Fault.Kind, _ value: Int = 0, p probability: Double, code: Int = 1000) -> Fault {
            var fault = Fault(kind, value)
            (fault.route, fault.probability, fault.code) = ("process/session", probability, code)
            return fault
        }
        // Byte offsets early in the log and in its second half.
        let (early, late) = (150, lines * 20)
        return FaultPlan(
            [
                fault(.closeAfter, early, p: 0.1, code: 1000), fault(.closeAfter, late, p: 0.1, code: 1011),
                fault(.closeAfter, early, p: 0.1, code: 0), fault(.closeAfter, 0, p: 0.05, code: 0),
                fault(.dropFinal, p: 0.1), fault(.neverClose, p: 0.1), fault(.stall, 300, p: 0.05),
                fault(.delay, 3, p: 0.02),
                fault(.split, 1, p: 0.02), fault(.split, 7, p: 0.1), fault(.splitAtMarker, p: 0.1),
                fault(.textMessages, p: 0.1),
                fault(.noPong, p: 0.1), fault(.refuseUpgrade, 502, p: 0.1), fault(.refuseUpgrade, 404, p: 0.02),
                fault(.status, 429, p: 0.01), fault(.status, 500, p: 0.02), fault(.status, 503, p: 0.03),
                fault(.reset, p: 0.03),
                fault(.resetAfter, p: 0.03), fault(.delayAnswer, 100, p: 0.05), fault(.emptyErrors, p: 0.3),
                fault(.lateExitCode, 400, p: 0.1), fault(.lostCommand, p: 0.02),
            ],
            seed: UInt64(seed)
        )
    }

    private struct Outcome: Sendable {
        var bytes = 0
        var faults: [String] = []
    }

    @Test(
        "every line of every command arrives once and in order, every exit code is right, and nothing is left behind",
        .timeLimit(.minutes(120))
    )
    func chaos() async throws {
        let (count, seed) = (Self.setting("CHAOS_COMMANDS", 1000), Self.setting("CHAOS_SEED", 1))
        var configuration = LocalDaytona.Configuration()
        configuration.quietPeriod = .milliseconds(100)
        let local = try await LocalDaytona.start(configuration)
        var client = try DaytonaClient(local.credentials)
        client.configuration.retryPause = .milliseconds(20)
        var limits = CommandLimits()
        limits.startLimit = .seconds(5)
        let sandbox = try await client.createSandbox(CreateSandboxRequest()).with(commandLimits: limits)
        local.setFaults(Self.plan(seed: seed))

        var (failures, bytes) = ([String](), 0)
        await withTaskGroup(of: Outcome.self) { group in
            for number in 0..<min(32, count) { group.addTask { await Self.run(number, in: sandbox) } }
            var next = min(32, count)
            while let outcome = await group.next() {
                failures += outcome.faults
                bytes += outcome.bytes
                if next < count {
                    let number = next
                    group.addTask { await Self.run(number, in: sandbox) }
                    next += 1
                }
            }
        }
        #expect(failures == [])

        let strikes = local.faultStrikes
        local.setFaults(FaultPlan())
        let sessions = try await client.call(.get, sandbox.toolbox.appending("/process/session"))
        #expect(sessions == [])
        // 1 means that there is none; without `pgrep`, it would be 127.
        #expect(try await sandbox.run("pgrep -f chaos-command") == CommandResult(exitCode: 1, output: ""))
        await local.shutdown()

        print("chaos: \(count) commands, seed \(seed), \(Self.lines) lines on each stream, \(bytes) bytes of output")
        for (fault, count) in strikes {
            print("chaos: \(fault.kind.rawValue) \(fault.value) struck \(count) times")
            if count == 0, Self.setting("CHAOS_COMMANDS", 1000) >= 1000 { Issue.record("\(fault) never struck") }
        }
    }

    /// Runs a command whose output and exit code follow from its number, and returns what is wrong with them.
    private static func run(_ number: Int, in sandbox: DaytonaSandbox) async -> Outcome {
        let exitCode = number % 7 == 0 ? 0 : number % 256
        let command = """
            : chaos-command; i=0
            while [ $i -lt \(lines) ]; do
                echo "out \(number) é😀 $i"; echo "err \(number) ž $i" >&2; i=$((i+1))
            done
            exit \(exitCode)
            """
        var outcome = Outcome()
        var lines = LineCheck(number, Self.lines)
        var error: (any Error)?
        do {
            for try await text in streamCommand(sandbox, command, cwd: "/tmp") {
                outcome.bytes += text.utf8.count
                lines.receive(text)
            }
        } catch let caught { error = caught }
        if let fault = lines.finish() { outcome.faults.append("command \(number): \(fault)") }
        let wanted = exitCode == 0 ? nil : "Command failed with exit code \(exitCode)"
        if error.map({ "\($0)" }) != wanted {
            outcome.faults.append("command \(number): \(error.map { "\($0)" } ?? "exit code 0") instead of \(exitCode)")
        }
        return outcome
    }
}

/// Checks the numbered lines of both streams as they arrive.
private struct LineCheck {
    private let prefixes: [[UInt8]]
    private let count: Int
    private var next = [0, 0]
    private var rest: [UInt8] = []
    private var fault: String?

    init(_ number: Int, _ count: Int) {
        prefixes = [Array("out \(number) é😀 ".utf8), Array("err \(number) ž ".utf8)]
        self.count = count
    }

    mutating func receive(_ text: String) {
        rest += text.utf8
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            check(rest[start..<end])
            start = end + 1
        }
        rest.removeSubrange(..<start)
    }

    private mutating func check(_ line: ArraySlice<UInt8>) {
        if fault != nil { return }
        for (stream, prefix) in prefixes.enumerated() where line.starts(with: prefix) {
            if line.dropFirst(prefix.count).elementsEqual("\(next[stream])".utf8) {
                next[stream] += 1
                return
            }
            fault = "'\(String(decoding: line, as: UTF8.self))' where number \(next[stream]) was to come"
            return
        }
        fault = "'\(String(decoding: line, as: UTF8.self))' is no line of it"
    }

    func finish() -> String? {
        if let fault { return fault }
        if !rest.isEmpty { return "\(rest.count) bytes behind the last line" }
        return next == [count, count] ? nil : "lines \(next) of \(count)"
    }
}
