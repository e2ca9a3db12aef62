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
        "what is no chunk is refused",
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

    @Test("a task's description has its keys in order, and a timeout with a fraction or null")
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
}
