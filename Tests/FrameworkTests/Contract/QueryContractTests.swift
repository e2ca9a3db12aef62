import BenchmarkFramework
import TestSupport
import Testing

@Suite("The service contract, sections 3 and 4: selecting and describing tasks")
struct QueryContractTests {
    private static func ids(_ numbers: Int...) -> String {
        #"{"task_ids":[\#(numbers.map { "\"task-\($0)\"" }.joined(separator: ","))]}"#
    }

    private static func unknown(_ id: String) -> String { ContractRow.detail("Task ID not found: \(id)") }

    private static func noDataset(_ name: String) -> String {
        ContractRow.detail("Dataset '\(name)' not found. Available datasets: default, alt, custom")
    }

    @Test(
        "3: ids take precedence over a slice, lose duplicates, and keep the order of the request",
        arguments: [
            ContractRow("/verify-task-ids", 200, ids(1, 2, 3, 4, 5)),
            ContractRow("/verify-task-ids?task_ids=task-3&task_ids=task-1&task_ids=task-3", 200, ids(3, 1)),
            ContractRow("/verify-task-ids?task_ids=task-2&slice=0:1", 200, ids(2)),
            ContractRow("/verify-task-ids?task_ids=task-2&slice=a:b", 200, ids(2)),
            ContractRow("/verify-task-ids?task_ids=", 400, unknown("")),
            ContractRow("/verify-task-ids?task_ids=task-1,task-2", 400, unknown("task-1,task-2")),
            ContractRow("/verify-task-ids?task_ids=zzz&task_ids=yyy", 400, unknown("zzz")),
            ContractRow("/verify-task-ids?task_ids[]=zzz", 200, ids(1, 2, 3, 4, 5)),
            ContractRow("/verify-task-ids?other=1", 200, ids(1, 2, 3, 4, 5)),
            ContractRow("/verify-task-ids?dataset=", 200, ids(1, 2, 3, 4, 5)),
            ContractRow("/verify-task-ids?dataset=nope", 400, noDataset("nope")),
            ContractRow("/verify-task-ids?dataset=nope&dataset=alt", 200, #"{"task_ids":["alt-1"]}"#),
            ContractRow("/verify-task-ids?dataset=%ff", 400, noDataset("\u{fffd}")),
            ContractRow("/verify-task-ids?dataset=alt;task_ids=x", 400, noDataset("alt;task_ids=x")),
        ]
    )
    func selection(_ row: ContractRow) async throws {
        try await withSampleService { running in _ = try await row.check(at: running.url) }
    }

    @Test(
        "3.1: a slice selects what it does in Python",
        arguments: [
            ("0:2", ids(1, 2)), ("3:", ids(4, 5)), ("-2:", ids(4, 5)), (":-1", ids(1, 2, 3, 4)), ("::2", ids(1, 3, 5)),
            ("::-1", ids(5, 4, 3, 2, 1)), ("4:1:-1", ids(5, 4, 3)), ("2", ids(3, 4, 5)), ("-1", ids(5)),
            (":", ids(1, 2, 3, 4, 5)), ("", ids(1, 2, 3, 4, 5)), ("0:0", ids()), ("10:", ids()),
            ("999999999999999999999:", ids()), ("-99999999999999999999:", ids(1, 2, 3, 4, 5)),
            ("%201%20:%203%20", ids(2, 3)), ("%2B1:3", ids(2, 3)), ("+1:3", ids(2, 3)), ("1_0:", ids()),
            ("0:1&slice=1:3", ids(2, 3)), ("%D9%A1:3", ids(2, 3)),
        ]
    )
    func slices(_ slice: String, _ answer: String) async throws {
        try await withSampleService { running in
            _ = try await ContractRow("/verify-task-ids?slice=\(slice)", 200, answer).check(at: running.url)
        }
    }

    @Test(
        "3.1: an invalid slice is 400, and the message names the first part that is wrong",
        arguments: [
            ("a:b", "invalid literal for int() with base 10: 'a'"),
            ("0x1:", "invalid literal for int() with base 10: '0x1'"),
            ("1.5:", "invalid literal for int() with base 10: '1.5'"), ("1:2:3:4", "Invalid slice format"),
            (":::", "Invalid slice format"), ("::0", "slice step cannot be zero"),
        ]
    )
    func wrongSlices(_ slice: String, _ detail: String) async throws {
        try await withSampleService { running in
            let row = ContractRow("/verify-task-ids?slice=\(slice)", 400, ContractRow.detail(detail))
            try await row.check(at: running.url)
        }
    }

    private static let task =
        #"{"docker_image":"python:3.12-slim","problem_path":"/tmp/p.txt","cwd":"/workspace","agent_timeout":null,"#
        + #""resources":{"vcpu":2,"memory":4,"disk":10}}"#

    @Test("4: six words mean true, in upper or lower case", arguments: ["1", "true", "T", "yes", "Y", "oN", "True"])
    func yes(_ word: String) async throws {
        try await withSampleService { running in
            let row = ContractRow("/retrieve-task/?task_id=zzz&skip_validation=\(word)", 200, Self.task)
            try await row.check(at: running.url)
        }
    }

    @Test(
        "4: six words mean false, in upper or lower case, and false is the default",
        arguments: ["0", "False", "f", "no", "N", "off", nil]
    )
    func no(_ word: String?) async throws {
        try await withSampleService { running in
            let flag = word.map { "&skip_validation=\($0)" } ?? ""
            try await ContractRow("/retrieve-task/?task_id=task-1\(flag)", 200, Self.task).check(at: running.url)
            try await ContractRow("/retrieve-task/?task_id=zzz\(flag)", 400, Self.unknown("zzz")).check(at: running.url)
        }
    }

    @Test("4: any other word is 422 and is repeated in the answer", arguments: ["", "2", "1.0", " 1", "maybe"])
    func neither(_ word: String) async throws {
        try await withSampleService { running in
            let place = #"["query","skip_validation"]"#
            let message = "Input should be a valid boolean, unable to interpret input"
            let answer = ContractRow.mistake("bool_parsing", place, message, "\"\(word)\"")
            let text = word.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "%20")
            let row = ContractRow("/retrieve-task/?task_id=a&skip_validation=\(text)", 422, answer)
            try await row.check(at: running.url)
        }
    }

    @Test("4: the task id is required but may be empty, and the last of several counts")
    func task() async throws {
        try await withSampleService { running in
            let missing = ContractRow.mistake("missing", #"["query","task_id"]"#, "Field required", "null")
            try await ContractRow("/retrieve-task/", 422, missing).check(at: running.url)
            try await ContractRow("/retrieve-task/?task_id=", 400, Self.unknown("")).check(at: running.url)
            try await ContractRow("/retrieve-task/?task_id=zzz&task_id=task-1", 200, Self.task).check(at: running.url)
        }
    }
}
