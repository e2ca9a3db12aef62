import BenchmarkFramework

/// Runs the hidden tests of a task against a solution in a sandbox.
struct Grader: Sendable {
    let task: ShellTask
    let harness: [UInt8]
    let sandbox: any Sandbox

    /// The outcome of the tests.
    struct Grade: Equatable {
        var passed: Int
        var total: Int

        var json: JSONValue {
            ["resolved": .bool(passed == total), "tests_passed": .int(passed), "tests_total": .int(total)]
        }
    }

    /// Uploads the tests, runs them, and passes their output on.
    ///
    /// The tests are in a folder of their own with a new name each time, so that nothing the agent left in the sandbox
    /// can be waiting there for them.
    func grade(solution: String, _ report: (String) async throws -> Void) async throws -> Grade {
        let folder = "/tmp/grading-\(UInt64.random(in: .min ... .max))"
        try await sandbox.upload(harness, to: "\(folder)/run_tests.sh")
        for (index, test) in task.tests.enumerated() {
            let number = index + 1
            try await upload(test, to: "\(folder)/cases/\(number < 10 ? "0" : "")\(number)")
        }
        var lines = LineSplitter()
        var grade = Grade(passed: 0, total: task.tests.count)
        for try await text in streamCommand(sandbox, "sh run_tests.sh cases \(solution)", cwd: folder) {
            for line in lines.receive(text) where line.hasPrefix("ok ") { grade.passed += 1 }
            try await report(text)
        }
        _ = try await sandbox.run("rm -rf \(folder)", cwd: "/")
        return grade
    }

    private func upload(_ test: ShellTask.TestCase, to folder: String) async throws {
        let arguments = test.arguments.map { $0 + "\n" }.joined()
        for (name, text) in [
            ("name", test.name), ("arguments", arguments), ("stdin", test.stdin),
            ("expected_stdout", test.expectedOutput), ("expected_exit", "\(test.expectedExit)\n"),
        ] { try await sandbox.upload(text, to: "\(folder)/\(name)") }
        for file in test.files { try await sandbox.upload(file.text, to: "\(folder)/files/\(file.path)") }
    }
}

/// Splits pieces of output into lines.
///
/// Text after the last newline is kept until the newline that ends it arrives.
struct LineSplitter {
    private var rest = ""

    /// Returns the lines that `text` completes, without their newlines.
    mutating func receive(_ text: String) -> [Substring] {
        rest += text
        var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
        rest = lines.popLast().map(String.init) ?? ""
        return lines
    }
}
