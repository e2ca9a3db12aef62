import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("The text of a command for a session's shell")
struct CommandTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let command: String
        let output: String
        var exitCode: Int32 = 0
        var testDescription: String { name }
    }

    private static let long = "x='" + String(repeating: "é", count: 100_000) + "'; "

    static let cases = [
        Case(name: "quotes of all kinds", command: #"echo "it's" '"' \' "$((1+1))""#, output: "it's \" ' 2\n"),
        Case(name: "several lines", command: "echo a\nb=2\necho $b # no more\n", output: "a\n2\n"),
        Case(name: "a document of its own", command: "cat <<'EOF'\nx $y\nEOF\nexit 4", output: "x $y\n", exitCode: 4),
        Case(name: "an end of the shell", command: "echo a; exit 3; echo b", output: "a\n", exitCode: 3),
        Case(name: "a program that reads standard input", command: "cat; echo $?", output: "0\n"),
        Case(
            name: "a combining character behind a quote",
            command: "printf 'a\u{301}''\u{301}'",
            output: "a\u{301}\u{301}"
        ),
        Case(
            name: "more than an argument may have",
            command: "\(long)echo \"it's ${x#éé}\" | wc -c; cat; exit 5",
            output: "200002\n",
            exitCode: 5
        ),
    ]

    @Test("a command runs as it was written, after a line that names its process", arguments: cases, ["bash", "sh"])
    func runs(_ example: Case, _ shell: String) async throws {
        try await withTemporaryDirectory { folder in
            let file = "\(folder)/command"
            try Data(CommandText(example.command, token: "begun-1").text.utf8).write(to: URL(fileURLWithPath: file))
            // The way a session's shell reads it.
            let result = try await TestSupport.Program(path: "/usr/bin/env", arguments: [shell, "-c", ". \(file)"])
                .run()
            let lines = result.output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let first = try #require(lines.first).split(separator: " ")
            #expect(first.count == 2 && first.first == "begun-1" && Int(first.last ?? "") != nil)
            #expect(lines.last.map(String.init) == example.output)
            #expect(result.exitCode == example.exitCode)
        }
    }
}

@Suite("The line that says a command has started")
struct StartMarkTests {
    private static let out = LogStream.standardOutput.marker, err = LogStream.standardError.marker
    private static let line = out + Array("begun-1 417\n".utf8)

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let log: [UInt8]
        let rest: [UInt8]
        var processID: Int?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "alone", log: line, rest: out, processID: 417),
        Case(
            name: "before output",
            log: line + out + Array("a\n".utf8),
            rest: out + out + Array("a\n".utf8),
            processID: 417
        ),
        Case(
            name: "before output without a marker of its own",
            log: line + Array("a\n".utf8),
            rest: out + Array("a\n".utf8),
            processID: 417
        ),
        Case(
            name: "behind standard error",
            log: err + Array("x\n".utf8) + line + err + Array("y\n".utf8),
            rest: err + Array("x\n".utf8) + out + err + Array("y\n".utf8),
            processID: 417
        ),
        Case(name: "a second time, which is the command's own", log: line + line, rest: out + line, processID: 417),
        Case(name: "nowhere", log: out + Array("begun\n".utf8) + [1, 1], rest: out + Array("begun\n".utf8) + [1, 1]),
        Case(name: "cut off", log: out + Array("begun-1 4".utf8), rest: out + Array("begun-1 4".utf8)),
        Case(
            name: "with what is no number",
            log: out + Array("begun-1 12345678901234\n".utf8),
            rest: out + Array("begun-1 12345678901234\n".utf8)
        ),
    ]

    @Test("the line is removed, but for its marker, however the bytes are split", arguments: cases, Chunking.allCases)
    func isTakenOut(_ example: Case, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: example.log) {
            var mark = StartMark(token: "begun-1")
            var rest: [UInt8] = []
            for piece in pieces { rest += mark.receive(piece[...]) }
            #expect(rest + mark.finish() == example.rest)
            #expect(mark.processID == example.processID)
        }
    }
}
