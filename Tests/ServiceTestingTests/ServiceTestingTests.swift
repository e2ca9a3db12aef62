import BenchmarkServiceTesting
import Testing

/// A benchmark whose only task is to write a word into a file.
private struct WordService: BenchmarkService {
    func loadDatasets() async throws -> Datasets<String> { ["default": ["hello": "Hello"]] }

    func retrieveTask(_ taskID: String, in dataset: Dataset<String>, skipValidation: Bool) async throws
        -> RetrieveTaskResponse
    {
        RetrieveTaskResponse(dockerImage: "debian", problemPath: "/tmp/problem", cwd: "/workspace")
    }

    func setupTask(_ taskID: String, in dataset: Dataset<String>, sandbox: any Sandbox) async throws -> ChunkStream {
        let word = try dataset.item(taskID)
        return ChunkStream { stream in
            try await sandbox.upload("Write '\(word)'.", to: "/tmp/problem")
            try await stream.message("wrote the problem\n")
            try await stream.result(["status": "ok"])
        }
    }

    func evaluateInstance(_ taskID: String, in dataset: Dataset<String>, sandbox: any Sandbox) async throws
        -> ChunkStream
    {
        let word = try dataset.item(taskID)
        return ChunkStream { stream in
            var output = ""
            for try await text in streamCommand(sandbox, "cat answer", cwd: "/workspace") { output += text }
            try await stream.result(["resolved": .bool(output == word + "\n")])
        }
    }

    func evaluateResponse(_ request: EvaluateResponseRequest, in dataset: Dataset<String>) async throws -> JSONValue {
        ["resolved": .bool(request.response == (try dataset.item(request.taskID)))]
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<String>) async throws -> FinalScoreResult {
        FinalScoreResult(score: results.contains { $0.value["resolved"] == true } ? 100 : 0)
    }
}

@Suite("The test kit")
struct ServiceTestingTests {
    @Test("the test kit runs a benchmark with sandboxes, from set-up to score")
    func whole() async throws {
        try await withService(WordService.self) { service in
            let sandbox = try await service.sandbox()
            let setup = try await service.setUp("hello", in: sandbox)
            #expect(setup.log == "wrote the problem\n")
            #expect(setup.result == ["status": "ok"])

            let without = try await service.evaluate("hello", in: sandbox)
            #expect(without.result == nil)
            #expect(without.errors == ["Command failed with exit code 1"])

            try await sandbox.upload("Hello\n", to: "/workspace/answer")
            let grade = try await service.evaluate("hello", in: sandbox)
            #expect(grade.chunks == [.result(["resolved": true])])
            let score = try await service.score(["hello": grade.result ?? .null])
            #expect(score.finalScore == 100)
            let response = try await service.evaluate("hello", response: "Bye")
            #expect(response == ["resolved": false])
        }
    }

    @Test("the test kit applies a configuration, and stops everything even if the test throws")
    func throwing() async throws {
        struct Failure: Error {}
        var url = ""
        do {
            try await withService(
                WordService.self,
                configure: {
                    $0.authentication = BuiltInAuthentication(apiKey: "k")
                    // No other test uses this address, so that it stays free after this one.
                    $0.server.host = "127.0.0.4"
                }
            ) { service in
                url = service.url
                await #expect(throws: ServiceCallError.self) { try await service.client.verifyTaskIDs() }
                throw Failure()
            }
            Issue.record("the error was lost")
        } catch is Failure {}
        let client = try BenchmarkServiceClient(url: url)
        #expect(await !client.health())
    }

    // MARK: The double

    @Test("the double answers from its table and records its calls")
    func table() async throws {
        let sandbox = SandboxDouble(
            files: ["/a": "x"],
            commands: [
                "make": CommandResult(exitCode: 2, output: "no rule\n"), "true": CommandResult(exitCode: 0, output: ""),
            ]
        )
        let result = try await sandbox.run("make", cwd: "/w")
        #expect(result == CommandResult(exitCode: 2, output: "no rule\n"))
        var output = ""
        let error = await #expect(throws: SandboxError.self) {
            for try await text in streamCommand(sandbox, "make", cwd: "/v") { output += text }
        }
        #expect(output == "no rule\n")
        #expect(error?.code == .commandFailed)
        for try await _ in streamCommand(sandbox, "make", cwd: "/v", ignoreError: true) {}
        let calls = sandbox.calls.map { "\($0.command) in \($0.cwd ?? "-")" }
        #expect(calls == ["make in /w", "make in /v", "make in /v"])

        try await sandbox.upload("y", to: "/b")
        #expect(try await sandbox.download("/b") == Array("y".utf8))
        #expect(sandbox.files == ["/a": Array("x".utf8), "/b": Array("y".utf8)])
    }

    @Test("a command's exit code decides the grade of a stream, as in the tutorial", arguments: [0, 2])
    func exitCode(_ exitCode: Int) async throws {
        let sandbox = SandboxDouble(commands: ["make test": CommandResult(exitCode: exitCode, output: "7 tests\n")])
        let grading = ChunkStream { stream in
            let tests = streamCommand(sandbox, "make test", cwd: "/workspace")
            do {
                try await stream.forward(tests)
                try await stream.result(["resolved": true])
            } catch let error as SandboxError where error.code == .commandFailed {
                try await stream.result(["resolved": false])
            }
        }
        var chunks: [StreamChunk] = []
        for try await chunk in grading { chunks.append(chunk) }
        #expect(chunks == [.message("7 tests\n"), .result(["resolved": .bool(exitCode == 0)])])
    }

    @Test("the double's error names a command or file that it does not have")
    func unknown() async throws {
        let sandbox = SandboxDouble()
        let command = await #expect(throws: SandboxError.self) { try await sandbox.run("make") }
        #expect(command?.message.contains("'make'") == true)
        let file = await #expect(throws: SandboxError.self) { try await sandbox.download("/a") }
        #expect(file?.message.contains("'/a'") == true)
        let long = SandboxDouble(files: ["/a": "xy"])
        let tooLarge = await #expect(throws: SandboxError.self) { try await long.download("/a", maxBytes: 1) }
        #expect(tooLarge?.code == .tooLarge)
    }
}
