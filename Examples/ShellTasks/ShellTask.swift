import BenchmarkFramework

/// One programming task: write a small POSIX shell program to a specification.
struct ShellTask: Sendable {
    let id: String
    let category: String
    let title: String
    /// The problem as the agent reads it.
    let statement: String
    /// Files the agent finds in the workspace, by relative path.
    let fixtures: [(path: String, text: String)]
    /// The hidden tests.
    let tests: [TestCase]
    /// Seconds the agent may take.
    let agentTimeout: Double
    let resources: Resources

    /// One run of the program, and its expected outcome.
    struct TestCase: Sendable {
        let name: String
        let arguments: [String]
        let stdin: String
        let files: [(path: String, text: String)]
        let expectedOutput: String
        let expectedExit: Int
    }

    /// Decodes a line of a dataset file.
    init(_ json: JSONObject) throws {
        id = try json.string("id")
        category = try json.string("category")
        title = try json.string("title")
        statement = try json.string("statement")
        fixtures = try Self.files(json.object("fixtures"))
        tests = try json.array("tests").map { test in
            guard case .object(let object) = test else { throw ServiceError(.invalidData, "a test is not an object") }
            return try TestCase(object)
        }
        if tests.isEmpty { throw ServiceError(.invalidData, "there are no tests") }
        agentTimeout = try json.number("agent_timeout")
        let needs = try json.object("resources")
        resources = try Resources(vcpu: needs.int("vcpu"), memory: needs.int("memory"), disk: needs.int("disk"))
    }

    fileprivate static func files(_ object: JSONObject) throws -> [(path: String, text: String)] {
        try object.map { (path: $0.key, text: try object.string($0.key)) }
    }
}

extension ShellTask.TestCase {
    fileprivate init(_ json: JSONObject) throws {
        name = try json.string("name")
        arguments = try json.array("arguments").map { $0.stringValue ?? "" }
        stdin = try json.string("stdin")
        files = json["files"] == nil ? [] : try ShellTask.files(json.object("files"))
        expectedOutput = try json.string("expected_stdout")
        expectedExit = try json.int("expected_exit")
    }
}
