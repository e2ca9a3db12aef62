import BenchmarkTransport
import Testing

@Suite("HTTPFields")
struct HTTPFieldsTests {
    private static func decoded(_ lines: [UInt8]) throws -> HTTPFields {
        var decoder = HTTPDecoder(role: .server)
        var input = ByteBuffer(Array("GET / HTTP/1.1\r\n".utf8) + lines + Array("\r\n\r\n".utf8))
        guard case .request(let head, _)? = decoder.next(&input) else {
            Issue.record("no request")
            return HTTPFields()
        }
        return head.fields
    }

    private static func fields(_ pairs: (String, String)...) throws -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in pairs { fields.append(try #require(HTTPField.Name(name)), value) }
        return fields
    }

    @Test("fields keep their order and duplicates, and names are compared without case")
    func order() throws {
        let fields = try Self.fields(("B", "1"), ("a", "2"), ("b", "3"))
        #expect(fields.map { "\($0.name)=\($0.value)" } == ["b=1", "a=2", "b=3"])
        #expect(fields["B"] == "1")
        #expect(fields[values: try #require(HTTPField.Name("b"))] == ["1", "3"])
        #expect(fields["c"] == nil)
        #expect(fields["not a token"] == nil)
        #expect(fields.count == 3)
    }

    @Test("tokens of a list are found even if the bytes are Latin-1, and empty ones are not")
    func latinTokens() {
        var lines = ByteBuffer()
        lines.append(contentsOf: [UInt8]("GET / HTTP/1.1\r\nTE: a, caf".utf8) + [0xe9] + [UInt8](",\r\n\r\n".utf8))
        var decoder = HTTPDecoder(role: .server)
        guard case .request(let head, _)? = decoder.next(&lines) else {
            Issue.record("no request")
            return
        }
        #expect(head.fields.tokens(in: .te) == ["a", "café"])
        #expect(head.fields.hasToken("A", in: .te) && head.fields.hasToken("café", in: .te))
        #expect(!head.fields.hasToken("", in: .te) && !head.fields.hasToken("caf", in: .te))
    }

    @Test("setting and removing affects all fields with the name, but no copies")
    func changes() throws {
        let original = try Self.fields(("x", "1"), ("date", "2"), ("x", "3"))
        var changed = original
        let name = try #require(HTTPField.Name("X"))
        changed.set(name, "4")
        #expect(changed == (try Self.fields(("date", "2"), ("x", "4"))))
        changed.remove(name)
        #expect(changed == (try Self.fields(("date", "2"))))
        changed.remove(name)
        #expect(changed.count == 1)
        #expect(original[values: name] == ["1", "3"])
    }

    @Test(
        "a value never contains characters that would end a line",
        arguments: ["a\r\nb: c", "a\nb", "a\r", "a\0b", "\u{1}", "1234567\u{7F}8"]
    )
    func illegalValues(_ value: String) throws {
        var fields = try Self.fields(("location", "/"))
        fields.set(.location, value)
        let held = try #require(fields[.location])
        #expect(held.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(fields.count == 1)
    }

    @Test("a name that is not a token is refused", arguments: ["", "a b", "a:", "é", "a\r\n", "\u{212A}"])
    func illegalNames(_ name: String) {
        #expect(HTTPField.Name(name) == nil)
    }

    @Test("white space around a value is removed, and white space inside is kept")
    func whiteSpace() throws {
        #expect(try Self.fields(("x", " \t a \t b\t "))["x"] == "a \t b")
        #expect(try Self.fields(("x", "  "))["x"] == "")
    }

    @Test("a value is read as UTF-8, or else as Latin-1")
    func encodings() throws {
        let utf8 = try Self.decoded(Array("x: é".utf8))
        #expect(utf8["x"] == "é")
        #expect(utf8.rawValue(of: try #require(HTTPField.Name("x"))) == [0xC3, 0xA9])
        #expect(try Self.decoded(Array("x: ".utf8) + [0xE9])["x"] == "é")
    }

    @Test(
        "tokens are found in comma-separated lists over several fields, in any case",
        arguments: [
            ("close", true), ("CLOSE", true), ("upgrade", true), ("keep-alive", true), ("clos", false),
            ("closer", false),
            ("x", false), ("", false),
        ]
    )
    func tokens(_ token: String, _ isFound: Bool) throws {
        let fields = try Self.fields(("Connection", "Keep-Alive ,\tUpGrade"), ("other", "x"), ("connection", ", Close"))
        #expect(fields.hasToken(token, in: .connection) == isFound)
    }
}
