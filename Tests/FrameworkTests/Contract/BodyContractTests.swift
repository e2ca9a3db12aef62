import BenchmarkFramework
import TestSupport
import Testing

@Suite("The service contract, sections 5 to 8 and 12: bodies, mistakes, encoding")
struct BodyContractTests {
    private static let noObject = "Input should be a valid dictionary or object to extract fields from"

    private func check(_ row: ContractRow) async throws {
        try await withSampleService { running in _ = try await row.check(at: running.url) }
    }

    private static func evaluation(_ body: String, _ status: Int, _ answer: String?) -> ContractRow {
        ContractRow(post: "/evaluate-response/", body.utf8, status, answer)
    }

    private static func score(_ body: String, _ status: Int, _ answer: String?) -> ContractRow {
        ContractRow(post: "/final-score/", body.utf8, status, answer)
    }

    @Test(
        "5: the answer is the JSON that the benchmark returned, whatever its type",
        arguments: [#"{"b":1,"a":[]}"#, "[]", #""x""#, "1", "1.5", "null", "true"]
    )
    func anything(_ json: String) async throws {
        let response = String(decoding: try JSONValue.string(json).serialized(), as: UTF8.self)
        try await check(Self.evaluation(#"{"task_id":"t","response":\#(response),"later":1}"#, 200, json))
    }

    @Test("5: the last of duplicate keys counts, and a null dataset means none")
    func twice() async throws {
        let body = #"{"task_id":"t","response":"1","response":"2","dataset":null}"#
        try await check(Self.evaluation(body, 200, "2"))
        try await check(Self.evaluation(#"{"task_id":"t","response":"2","dataset":"nope"}"#, 400, nil))
    }

    @Test(
        "6: the order of ids, nulls and the types of numbers are kept, and the score has a fraction",
        arguments: [
            score(
                #"{"evaluation_results":{"task-3":{"resolved":true},"task-1":null,"task-2":{"n":1.0,"m":1}}}"#,
                200,
                #"{"tasks_evaluated":["task-3","task-1","task-2"],"final_score":33.333333333333336,"metadata":{"results":"#
                    + #"{"task-3":{"resolved":true},"task-1":null,"task-2":{"n":1.0,"m":1}}}}"#
            ),
            score(
                #"{"evaluation_results":{}}"#,
                200,
                #"{"tasks_evaluated":[],"final_score":0.0,"metadata":{"results":{}}}"#
            ),
            score(
                #"{"evaluation_results":{"task-1":1,"task-2":2,"task-1":3}}"#,
                200,
                #"{"tasks_evaluated":["task-1","task-2"],"final_score":0.0,"metadata":{"results":{"task-1":3,"task-2":2}}}"#
            ),
            score(#"{"evaluation_results":{"zzz":null}}"#, 400, ContractRow.detail("Task ID not found: zzz")),
        ]
    )
    func scores(_ row: ContractRow) async throws { try await check(row) }

    @Test(
        "7: a validation error has a type, a location, a message and the input",
        arguments: [
            evaluation(
                #"{"task_id":"task-1"}"#,
                422,
                ContractRow.mistake("missing", #"["body","response"]"#, "Field required", #"{"task_id":"task-1"}"#)
            ),
            evaluation(
                #"{"task_id":"a","response":"b","dataset":5}"#,
                422,
                ContractRow.mistake("string_type", #"["body","dataset"]"#, "Input should be a valid string", "5")
            ),
            evaluation("[]", 422, ContractRow.mistake("model_attributes_type", #"["body"]"#, noObject, "[]")),
            evaluation("\"x\"", 422, ContractRow.mistake("model_attributes_type", #"["body"]"#, noObject, "\"x\"")),
            evaluation("3", 422, ContractRow.mistake("model_attributes_type", #"["body"]"#, noObject, "3")),
            evaluation("null", 422, ContractRow.mistake("missing", #"["body"]"#, "Field required", "null")),
            evaluation("", 422, ContractRow.mistake("missing", #"["body"]"#, "Field required", "null")),
            score("{}", 422, ContractRow.mistake("missing", #"["body","evaluation_results"]"#, "Field required", "{}")),
            score(
                #"{"evaluation_results":[1]}"#,
                422,
                ContractRow.mistake(
                    "dict_type",
                    #"["body","evaluation_results"]"#,
                    "Input should be a valid dictionary",
                    "[1]"
                )
            ),
            score(
                #"{"evaluation_results":null}"#,
                422,
                ContractRow.mistake(
                    "dict_type",
                    #"["body","evaluation_results"]"#,
                    "Input should be a valid dictionary",
                    "null"
                )
            ),
        ]
    )
    func mistakes(_ row: ContractRow) async throws { try await check(row) }

    @Test("7: all validation errors are reported, in the order of the fields")
    func all() async throws {
        let two =
            #"{"detail":[{"type":"missing","loc":["body","task_id"],"msg":"Field required","input":{}},"#
            + #"{"type":"missing","loc":["body","response"],"msg":"Field required","input":{}}]}"#
        try await check(Self.evaluation("{}", 422, two))
        let types =
            #"{"detail":[{"type":"string_type","loc":["body","task_id"],"msg":"Input should be a valid string","input":1},"#
            + #"{"type":"string_type","loc":["body","response"],"msg":"Input should be a valid string","input":null}]}"#
        try await check(Self.evaluation(#"{"task_id":1,"response":null}"#, 422, types))
    }

    @Test("7: a validation error whose input is nested too deeply to be repeated is 400")
    func deepInput() async throws {
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        let answer = ContractRow.detail("a value nested more than 254 levels deep cannot be encoded")
        try await check(Self.evaluation(#"{"task_id":\#(deep),"response":"x"}"#, 400, answer))
    }

    @Test(
        "7: a JSON syntax error has its offset in characters and Python's message",
        arguments: [
            ("{", 1, "Expecting property name enclosed in double quotes"), (#"{"task_id": }"#, 12, "Expecting value"),
            ("{} x", 3, "Extra data"), (#"{"a":1,}"#, 7, "Expecting property name enclosed in double quotes"),
            ("{\"é\":\"\t\"}", 6, "Invalid control character at"), ("  ", 2, "Expecting value"),
        ]
    )
    func syntax(_ body: String, _ offset: Int, _ error: String) async throws {
        let answer = ContractRow.mistake(
            "json_invalid",
            "[\"body\",\(offset)]",
            "JSON decode error",
            "{}",
            context: error
        )
        try await check(Self.evaluation(body, 422, answer))
    }

    @Test(
        "7.1: the content type decides whether a body is JSON",
        arguments: [
            ("application/json", true), ("Application/JSON", true), ("application/json; charset=latin-1", true),
            ("application/problem+json", true), (nil, false), ("text/plain", false),
            ("application/x-www-form-urlencoded", false), ("json", false), ("application/jsonx", false),
        ] as [(String?, Bool)]
    )
    func contentTypes(_ type: String?, _ isJSON: Bool) async throws {
        let body = #"{"task_id":"t","response":"1"}"#
        let quoted = String(decoding: try JSONValue.string(body).serialized(), as: UTF8.self)
        let refused = ContractRow.mistake("model_attributes_type", #"["body"]"#, Self.noObject, quoted)
        let row = ContractRow(
            post: "/evaluate-response/",
            body.utf8,
            type: type,
            isJSON ? 200 : 422,
            isJSON ? "1" : refused
        )
        try await check(row)
    }

    @Test(
        "7.1: a body that cannot be decoded is 400",
        arguments: [[0xFF], Array(String(repeating: "[", count: 100_000).utf8), [0x22, 0xC3, 0x22]] as [[UInt8]]
    )
    func undecodable(_ body: [UInt8]) async throws {
        let answer = ContractRow.detail("There was an error parsing the body")
        try await check(ContractRow(post: "/evaluate-response/", body, 400, answer))
    }

    @Test("7.1: a byte order mark, UTF-16 and UTF-32 are recognized")
    func encodings() async throws {
        let text = #"{"task_id":"t","response":"1"}"#
        let wide: [UInt8] = text.utf8.flatMap { [$0, 0] as [UInt8] }
        let wider: [UInt8] = text.utf8.flatMap { [0, 0, 0, $0] as [UInt8] }
        let bodies: [[UInt8]] = [[0xEF, 0xBB, 0xBF] + Array(text.utf8), wide, [0xFF, 0xFE] + wide, wider]
        for body in bodies {
            try await check(ContractRow(post: "/evaluate-response/", body, 200, "1"))
        }
    }

    @Test(
        "8: the error that a handler throws decides the status",
        arguments: [
            ("teapot", 418, "short and stout"), ("broken", 500, "Internal server error"), ("refused", 400, "no"),
            ("refused without a word", 400, ""), ("unusable", 500, "Internal server error"),
            ("unsupported", 500, "Internal server error"),
            (
                "wrong data", 400,
                "3 validation errors\ntasks_evaluated: Field required\nfinal_score: Field required\n"
                    + "metadata: Field required"
            ),
        ]
    )
    func errors(_ response: String, _ status: Int, _ detail: String) async throws {
        let body = #"{"task_id":"t","response":"\#(response)"}"#
        try await check(Self.evaluation(body, status, ContractRow.detail(detail)))
    }

    @Test("8: a decoding error in a handler is 400 with the decoder's message")
    func decoding() async throws {
        try await withSampleService { running in
            let row = Self.evaluation(#"{"task_id":"t","response":"undecodable"}"#, 400, nil)
            let result = try await row.check(at: running.url)
            #expect(result.text.contains("no number"))
        }
    }

    @Test(
        "8: the connection is closed after a 500, and stays open after a 400",
        arguments: [("broken", true), ("refused", false)]
    )
    func connection(_ response: String, _ ends: Bool) async throws {
        try await withSampleService { running in
            let row = Self.evaluation(#"{"task_id":"t","response":"\#(response)"}"#, ends ? 500 : 400, nil)
            let result = try await row.check(at: running.url)
            #expect(result.head.fields[.connection] == (ends ? "close" : nil))
        }
    }

    @Test(
        "12: numbers, strings and keys are written as they were read",
        arguments: [
            ("1.0", "1.0"), ("1", "1"), ("1e15", "1000000000000000.0"), ("1e16", "1e+16"), ("0.00001", "0.00001"),
            ("1e-6", "1e-6"), ("1e-7", "1e-7"), ("-0.0", "-0.0"), ("NaN", "null"), ("-Infinity", "null"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (#"{"z":1,"a":2,"é":3}"#, #"{"z":1,"a":2,"é":3}"#),
            (#""\u0001\b\f\n\r\t\"\\\/é""#, #""\u0001\b\f\n\r\t\"\\/é""#),
        ]
    )
    func encoding(_ given: String, _ written: String) async throws {
        let response = String(decoding: try JSONValue.string(given).serialized(), as: UTF8.self)
        try await check(Self.evaluation(#"{"task_id":"t","response":\#(response)}"#, 200, written))
    }

    @Test("12: a value nested too deeply is 400 with a clear message")
    func unwritable() async throws {
        let deep = ContractRow.detail("a value nested more than 254 levels deep cannot be encoded")
        try await check(Self.evaluation(#"{"task_id":"t","response":"deep"}"#, 400, deep))
    }
}
