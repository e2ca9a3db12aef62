import BenchmarkProtocol
import Testing

@Suite("Validation errors in the shape of the service contract")
struct ValidationTests {
    private func detail(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let error as ValidationErrors {
            return (try? error.body.serialized()).map { String(decoding: $0, as: UTF8.self) }
        } catch { return "\(error)" }
    }

    private static let missing = #""msg":"Field required""#

    @Test(
        "a body of POST /evaluate-response/ is refused with all its mistakes",
        arguments: [
            (
                #"{"task_id":"task-1"}"#,
                #"{"type":"missing","loc":["body","response"],\#(missing),"input":{"task_id":"task-1"}}"#
            ),
            (
                "{}",
                #"{"type":"missing","loc":["body","task_id"],\#(missing),"input":{}},"#
                    + #"{"type":"missing","loc":["body","response"],\#(missing),"input":{}}"#
            ),
            (
                #"{"task_id":1,"response":null}"#,
                #"{"type":"string_type","loc":["body","task_id"],"msg":"Input should be a valid string","input":1},"#
                    + #"{"type":"string_type","loc":["body","response"],"msg":"Input should be a valid string","input":null}"#
            ),
            (
                #"{"task_id":"a","response":"b","dataset":5}"#,
                #"{"type":"string_type","loc":["body","dataset"],"msg":"Input should be a valid string","input":5}"#
            ),
            (
                "[]",
                #"{"type":"model_attributes_type","loc":["body"],"#
                    + #""msg":"Input should be a valid dictionary or object to extract fields from","input":[]}"#
            ),
            (
                #""x""#,
                #"{"type":"model_attributes_type","loc":["body"],"#
                    + #""msg":"Input should be a valid dictionary or object to extract fields from","input":"x"}"#
            ),
            (
                "3",
                #"{"type":"model_attributes_type","loc":["body"],"#
                    + #""msg":"Input should be a valid dictionary or object to extract fields from","input":3}"#
            ),
            (
                #"{"task_id":true,"response":["\u00e9",1.0]}"#,
                #"{"type":"string_type","loc":["body","task_id"],"msg":"Input should be a valid string","input":true},"#
                    + #"{"type":"string_type","loc":["body","response"],"msg":"Input should be a valid string","#
                    + #""input":["é",1.0]}"#
            ),
            (
                #"{"task_id":NaN,"response":"","dataset":-Infinity}"#,
                #"{"type":"string_type","loc":["body","task_id"],"msg":"Input should be a valid string","input":null},"#
                    + #"{"type":"string_type","loc":["body","dataset"],"msg":"Input should be a valid string","input":null}"#
            ),
            ("null", #"{"type":"missing","loc":["body"],\#(missing),"input":null}"#),
            ("", #"{"type":"missing","loc":["body"],\#(missing),"input":null}"#),
            (
                "{",
                #"{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},"#
                    + #""ctx":{"error":"Expecting property name enclosed in double quotes"}}"#
            ),
        ]
    )
    func evaluateResponse(_ body: String, _ entries: String) {
        let found = detail {
            _ = try EvaluateResponseRequest(body: RequestBody(Array(body.utf8), contentType: "application/json"))
        }
        #expect(found == #"{"detail":[\#(entries)]}"#)
    }

    @Test(
        "a body that is not JSON is refused with the mistake and its offset",
        arguments: [
            (#"{"task_id": }"#, 12, "Expecting value"), (#"{"task_id":"é"} x"#, 16, "Extra data"),
            (#"{"a":1,}"#, 7, "Expecting property name enclosed in double quotes"),
            ("{\"a\":\"\t\"}", 6, "Invalid control character at"),
            ("{\"a\":\"b\n\"}", 7, "Invalid control character at"),
            ("  ", 2, "Expecting value"), (#"{"a" 1}"#, 5, "Expecting ':' delimiter"),
        ]
    )
    func syntax(_ body: String, _ offset: Int, _ mistake: String) {
        let found = detail { _ = try RequestBody(Array(body.utf8), contentType: "application/json") }
        #expect(
            found
                == #"{"detail":[{"type":"json_invalid","loc":["body",\#(offset)],"msg":"JSON decode error","input":{},"#
                + #""ctx":{"error":"\#(mistake)"}}]}"#
        )
    }

    @Test("a body of another type is treated as text, and refused with that text")
    func textBody() {
        let found = detail { _ = try EvaluateResponseRequest(body: RequestBody(Array("{\"é".utf8), contentType: nil)) }
        #expect(
            found == #"{"detail":[{"type":"model_attributes_type","loc":["body"],"#
                + #""msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"é"}]}"#
        )
    }

    @Test("a body may have other keys, a null dataset and duplicate keys")
    func lenientBody() throws {
        let text = #"{"x":1,"task_id":"a","response":"","dataset":null,"task_id":"b"}"#
        let body = try RequestBody(Array(text.utf8), contentType: "application/json")
        #expect(try EvaluateResponseRequest(body: body) == EvaluateResponseRequest(taskID: "b", response: ""))
    }

    @Test("excessive nesting and excessively long integers are a plain error")
    func absurdBody() {
        let bodies = [
            Array(repeating: UInt8(ascii: "["), count: 100_000), Array(repeating: UInt8(ascii: "1"), count: 4301),
        ]
        for body in bodies {
            #expect(throws: ProtocolError(.unreadableJSON, "There was an error parsing the body")) {
                try RequestBody(body, contentType: "application/json")
            }
        }
    }

    @Test("a body in UTF-16 is read whatever its charset parameter says")
    func wideBody() throws {
        let bytes = #"{"é":1}"#.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try RequestBody(bytes, contentType: "application/json; charset=ascii").value == ["é": 1])
    }

    @Test("the body of an error has its message")
    func errorBody() {
        #expect(String(decoding: ErrorBody.detail("a \"b\"\n\u{1}"), as: UTF8.self) == #"{"detail":"a \"b\"\n\u0001"}"#)
    }

    @Test("mistakes are described for people, one per line")
    func description() {
        #expect {
            _ = try StreamRequest(json: ["task_id": 1])
        } throws: { error in
            "\(error)"
                == "2 validation errors\ntask_id: Input should be a valid string\ninstance_id: Field required"
        }
    }

    @Test(
        "results of POST /final-score/ must be an object",
        arguments: [
            ("{}", #"{"type":"missing","loc":["body","evaluation_results"],\#(missing),"input":{}}"#),
            (
                #"{"evaluation_results":null,"dataset":1}"#,
                #"{"type":"dict_type","loc":["body","evaluation_results"],"#
                    + #""msg":"Input should be a valid dictionary","input":null},"#
                    + #"{"type":"string_type","loc":["body","dataset"],"msg":"Input should be a valid string","input":1}"#
            ),
            (
                #"{"evaluation_results":[1]}"#,
                #"{"type":"dict_type","loc":["body","evaluation_results"],"#
                    + #""msg":"Input should be a valid dictionary","input":[1]}"#
            ),
        ]
    )
    func finalScore(_ body: String, _ entries: String) {
        let found = detail {
            _ = try FinalScoreRequest(body: RequestBody(Array(body.utf8), contentType: "application/json"))
        }
        #expect(found == #"{"detail":[\#(entries)]}"#)
    }

    @Test(
        "the content type alone decides whether a body is JSON",
        arguments: [
            ("application/json", true), ("APPLICATION/JSON; charset=latin-1", true), ("application/vnd.x+json", true),
            (" application/json ", true), ("application/json;", true), ("application/+json", true),
            ("application/x+JSON ; q=1", true), ("", false), (";application/json", false), ("appli cation/json", false),
            ("application /json", false), ("application/ json", false), ("application/a/b+json", false),
            ("application/json,text/plain", false), ("application/x-www-form-urlencoded", false), ("text/json", false),
            (nil, false), ("text/plain", false), ("application/jsonx", false), ("json", false),
        ] as [(String?, Bool)]
    )
    func contentType(_ type: String?, _ isJSON: Bool) throws {
        let body = try RequestBody(Array(#"{"a":1}"#.utf8), contentType: type)
        #expect(body.value == (isJSON ? ["a": 1] : .string(#"{"a":1}"#)))
    }

    @Test("a body that is not text is a plain error", arguments: ["application/json", "text/plain"])
    func invalidText(_ type: String) {
        #expect(throws: ProtocolError(.unreadableJSON, "There was an error parsing the body")) {
            try RequestBody([0x22, 0xff, 0x22], contentType: type)
        }
    }

    @Test(
        "skip_validation accepts Python's words for true and false",
        arguments: [
            ("1", true), ("TRUE", true), ("t", true), ("Yes", true), ("y", true), ("on", true), ("0", false),
            ("False", false), ("f", false), ("no", false), ("n", false), ("OFF", false), ("", nil), ("2", nil),
            ("1.0", nil), (" true", nil), ("true ", nil), ("tRuE", true), ("yeſ", nil), ("１", nil), ("01", nil),
        ] as [(String, Bool?)]
    )
    func booleans(_ text: String, _ expected: Bool?) {
        let query = QueryParameters([("task_id", "a"), ("skip_validation", text)])
        #expect((try? RetrieveTaskRequest(query: query))?.skipValidation == expected)
    }

    @Test("a missing task_id and an invalid boolean are both reported")
    func query() {
        let found = detail { _ = try RetrieveTaskRequest(query: QueryParameters([("skip_validation", "maybe")])) }
        #expect(
            found == #"{"detail":[{"type":"missing","loc":["query","task_id"],"msg":"Field required","input":null},"#
                + #"{"type":"bool_parsing","loc":["query","skip_validation"],"#
                + #""msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}]}"#
        )
    }

    @Test("the last of repeated parameters counts")
    func repeated() throws {
        let query = QueryParameters([("task_id", "a"), ("task_id", "b"), ("dataset", "x"), ("dataset", "y")])
        let request = try RetrieveTaskRequest(query: query)
        #expect(request.taskID == "b")
        #expect(request.dataset == "y")
    }
}
