import BenchmarkProtocol
import Testing

@Suite("Messages on the wire")
struct MessageTests {
    @Test(
        "a chunk is written and read",
        arguments: [
            (.message("a\n\"é\""), #"{"type":"message","data":"a\n\"é\""}"#),
            (.error("no"), #"{"type":"error","data":"no"}"#),
            (.result(["status": "ok", "n": 1e-6]), #"{"type":"result","data":{"status":"ok","n":1e-06}}"#),
            (.other(type: "eval_resume_state", data: [1]), #"{"type":"eval_resume_state","data":[1]}"#),
        ] as [(StreamChunk, String)]
    )
    func chunk(_ chunk: StreamChunk, _ text: String) throws {
        #expect(String(decoding: try chunk.serialized(), as: UTF8.self) == text)
        #expect(try StreamChunk(parsing: text.utf8) == chunk)
    }

    @Test(
        "text that is not a chunk is refused",
        arguments: [
            "", "[]", "{}", #"{"type":"message"}"#, #"{"type":"message","data":1}"#, #"{"type":"error","data":{}}"#,
            #"{"type":1,"data":""}"#, "not json",
        ]
    )
    func notAChunk(_ text: String) {
        #expect(throws: ProtocolError.self) { try StreamChunk(parsing: text.utf8) }
    }

    @Test("unknown keys of a chunk are ignored")
    func unknownKeys() throws {
        #expect(try StreamChunk(parsing: #"{"seq":1,"type":"message","data":"x"}"#.utf8) == .message("x"))
    }

    @Test("a task's description has its keys in order, and its timeout is null or has a fraction")
    func retrieveTask() throws {
        var task = RetrieveTaskResponse(
            dockerImage: "python:3.12-slim",
            problemPath: "/tmp/p.txt",
            cwd: "/workspace",
            resources: Resources(vcpu: 2, memory: 4, disk: 10)
        )
        let rest = #""resources":{"vcpu":2,"memory":4,"disk":10}}"#
        let head = #"{"docker_image":"python:3.12-slim","problem_path":"/tmp/p.txt","cwd":"/workspace","#
        #expect(String(decoding: try task.json.serialized(), as: UTF8.self) == head + #""agent_timeout":null,"# + rest)
        task.agentTimeout = 60
        #expect(String(decoding: try task.json.serialized(), as: UTF8.self) == head + #""agent_timeout":60.0,"# + rest)
        #expect(try RetrieveTaskResponse(json: task.json) == task)
    }

    @Test("a description without one of its keys is refused", arguments: ["docker_image", "cwd", "resources"])
    func missingKey(_ key: String) {
        let task = RetrieveTaskResponse(dockerImage: "a", problemPath: "b", cwd: "c")
        var object = task.json.objectValue ?? [:]
        object[key] = nil
        #expect(throws: ValidationErrors.self) { try RetrieveTaskResponse(json: .object(object)) }
    }

    @Test("a score is written with a fraction and its ids in order")
    func finalScore() throws {
        let response = FinalScoreResponse(tasksEvaluated: ["task-3", "task-1"], finalScore: 100, metadata: ["n": 1])
        #expect(
            String(decoding: try response.json.serialized(), as: UTF8.self)
                == #"{"tasks_evaluated":["task-3","task-1"],"final_score":100.0,"metadata":{"n":1}}"#
        )
        #expect(try FinalScoreResponse(json: response.json) == response)
    }

    @Test("a chunk is appended to the bytes already there")
    func append() throws {
        var bytes = Array("> ".utf8)
        try StreamChunk.message("a").append(to: &bytes)
        try StreamChunk.result(nil).append(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"> {"type":"message","data":"a"}{"type":"result","data":null}"#
        )
    }

    @Test("a result may be nested as deeply as any value, and a deeper one is refused")
    func deepChunk() throws {
        var value = JSONValue.array([])
        for _ in 0..<253 { value = [value] }
        #expect(try StreamChunk(parsing: StreamChunk.result(value).serialized()) == .result(value))
        #expect(throws: ProtocolError.self) { try StreamChunk.result([value]).serialized() }
        #expect(throws: ProtocolError.self) { try StreamChunk.other(type: "x", data: [value]).serialized() }
    }

    @Test("the last of duplicate keys in a chunk counts")
    func repeatedChunkKeys() throws {
        let text = #"{"type":"error","data":"a","type":"message","data":"b"}"#
        #expect(try StreamChunk(parsing: text.utf8) == .message("b"))
    }

    @Test(
        "the error for a refused chunk says what is wrong",
        arguments: [
            ("", "a chunk that is not JSON: Expecting value: line 1 column 1 (char 0)"),
            ("[]", "a chunk without a type"),
            (#"{"type":1,"data":""}"#, "a chunk without a type"),
            (#"{"type":"result"}"#, "a result chunk without data"),
            (#"{"type":"message","data":null}"#, "a message chunk whose data is not text"),
        ]
    )
    func refusedChunk(_ text: String, _ message: String) {
        #expect(throws: ProtocolError(.invalidMessage, message)) { try StreamChunk(parsing: text.utf8) }
    }

    @Test("messages that differ only in their scalars are different")
    func exactEquality() {
        let (one, two) = ("\u{e9}", "e\u{301}")
        #expect(StreamChunk.message(one) != .message(two))
        #expect(StreamChunk.error(one) != .error(two))
        #expect(StreamChunk.other(type: one, data: 1) != .other(type: two, data: 1))
        #expect(StreamChunk.message(one) != .error(one))
        #expect(
            EvaluateResponseRequest(taskID: one, response: "") != EvaluateResponseRequest(taskID: two, response: "")
        )
        #expect(StreamRequest(taskID: "", instanceID: one) != StreamRequest(taskID: "", instanceID: two))
        #expect(VerifyTaskIDsResponse(taskIDs: [one]) != VerifyTaskIDsResponse(taskIDs: [two]))
        #expect(TaskFilter(taskIDs: [one]) != TaskFilter(taskIDs: [two]))
        #expect(TaskFilter(dataset: one) != TaskFilter(dataset: two))
        #expect(TaskFilter(dataset: one) != TaskFilter(slice: one))
        #expect(ProtocolError(.invalidSlice, one) != ProtocolError(.invalidSlice, two))
        #expect(Set([StreamChunk.message(one), .message(two), .error(one), .message(one)]).count == 3)
    }

    @Test("requests read back the same as they were written, with null for no dataset")
    func requests() throws {
        let evaluate = EvaluateResponseRequest(taskID: "a", response: "b")
        #expect(text(evaluate.json) == #"{"task_id":"a","response":"b","dataset":null}"#)
        #expect(try EvaluateResponseRequest(body: try body(evaluate.json)) == evaluate)

        let score = FinalScoreRequest(evaluationResults: ["b": nil, "a": ["n": 1, "x": 1.0]], dataset: "lite")
        #expect(text(score.json) == #"{"evaluation_results":{"b":null,"a":{"n":1,"x":1.0}},"dataset":"lite"}"#)
        #expect(try FinalScoreRequest(body: try body(score.json)) == score)

        let stream = StreamRequest(taskID: "a", instanceID: "b", dataset: "c")
        #expect(text(stream.json) == #"{"task_id":"a","instance_id":"b","dataset":"c"}"#)
        #expect(try StreamRequest(json: stream.json) == stream)
        let daytona = SandboxProvider.Daytona(apiKey: "k", apiURL: "http://a/api/", target: "t", organizationID: "o")
        #expect(daytona.apiURL == "http://a/api")
        #expect("\(SandboxProvider.daytona(daytona))" == "daytona, http://a/api, target 't'")
        for provider in [SandboxProvider.daytona(daytona), .other(type: "modal")] {
            let request = StreamRequest(taskID: "a", instanceID: "b", sandboxProvider: provider)
            #expect(try StreamRequest(json: request.json, readsProvider: true) == request)
        }

        let ids = VerifyTaskIDsResponse(taskIDs: ["b", "a"])
        #expect(text(ids.json) == #"{"task_ids":["b","a"]}"#)
        #expect(try VerifyTaskIDsResponse(json: ids.json) == ids)
    }

    @Test("a stream's first message may omit the dataset and have other keys")
    func streamRequest() throws {
        let message: JSONValue = ["sandbox_provider": [:], "instance_id": "b", "task_id": "a"]
        #expect(try StreamRequest(json: message) == StreamRequest(taskID: "a", instanceID: "b"))
        #expect(throws: ValidationErrors.self) { try StreamRequest(json: message, readsProvider: true) }
    }

    @Test(
        "an invalid first message of a stream is refused with all its mistakes",
        arguments: [
            ("{}", ["task_id", "instance_id"]),
            (#"{"task_id":1,"instance_id":"b","dataset":2}"#, ["task_id", "dataset"]),
            (#"{"task_id":null,"instance_id":"b"}"#, ["task_id"]), ("[]", []), (#""x""#, []), ("null", []), ("3", []),
        ] as [(String, [JSONValue])]
    )
    func notAStreamRequest(_ text: String, _ fields: [JSONValue]) {
        #expect {
            _ = try StreamRequest(json: try JSONValue(parsing: text))
        } throws: { error in
            let entries = (error as? ValidationErrors)?.entries
            return entries?.count == max(1, fields.count)
                && entries?.compactMap { $0.location.dropFirst().first } == fields
        }
    }

    @Test("an integer is accepted as a timeout or score, and a string is not")
    func numbers() throws {
        var task = RetrieveTaskResponse(dockerImage: "a", problemPath: "b", cwd: "c").json.objectValue ?? [:]
        task["agent_timeout"] = 60
        #expect(try RetrieveTaskResponse(json: .object(task)).agentTimeout == 60)
        task["agent_timeout"] = "60"
        #expect(throws: ValidationErrors.self) { try RetrieveTaskResponse(json: .object(task)) }
        let score: JSONValue = ["tasks_evaluated": [], "final_score": 50, "metadata": [:], "later": 1]
        #expect(try FinalScoreResponse(json: score).finalScore == 50)
        let noScore: JSONValue = ["tasks_evaluated": [], "final_score": nil, "metadata": [:]]
        #expect(throws: ValidationErrors.self) { try FinalScoreResponse(json: noScore) }
    }

    @Test("mistakes in a nested object are reported with the others, in order")
    func nestedMistakes() {
        let task: JSONValue = [
            "docker_image": 1, "problem_path": "b", "cwd": "c", "agent_timeout": nil,
            "resources": ["vcpu": 2, "disk": 1.5],
        ]
        #expect {
            _ = try RetrieveTaskResponse(json: task)
        } throws: { error in
            (error as? ValidationErrors)?.entries.map(\.location)
                == [["body", "docker_image"], ["body", "resources", "memory"], ["body", "resources", "disk"]]
        }
    }

    private func text(_ value: JSONValue) -> String? {
        (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) }
    }

    private func body(_ value: JSONValue) throws -> RequestBody {
        try RequestBody(try value.serialized(), contentType: "application/json")
    }
}
