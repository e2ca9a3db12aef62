import BenchmarkProtocol
import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("The loopback server: files that are too large or cut short")
struct FileLimitTests {
    private static let form: HTTPFields = [(.contentType, "multipart/form-data; boundary=B")]

    @Test("a replacement that would make a file too long is refused")
    func growingText() async throws {
        try await DaytonaFixture.with { fixture in
            let text = [UInt8](repeating: 0x61, count: 100_000)
            _ = try await ToolboxFilesTests.upload(fixture, [("/tmp/a", text)])
            let value = String(repeating: "b", count: 1000)
            let body = fixture.json(["files": ["/tmp/a"], "pattern": "a", "newValue": .string(value)])
            let answer = try await fixture.toolbox(.post, "/files/replace", body).json
            #expect(answer[0]?["success"] == false)
            #expect(answer[0]?["error"]?.stringValue?.contains("longer than 16777216 bytes") == true)
            #expect(try await fixture.toolbox(.get, "/files/download?path=/tmp/a").body == text)
        }
    }

    @Test("a pattern that nearly matches everywhere takes no longer than others", .timeLimit(.minutes(1)))
    func slowPattern() async throws {
        try await DaytonaFixture.with { fixture in
            let text = [UInt8](repeating: 0x61, count: 8_000_000)
            _ = try await ToolboxFilesTests.upload(fixture, [("/tmp/a", text)])
            let pattern = String(repeating: "a", count: 100_000) + "b"
            let body = fixture.json(["files": ["/tmp/a"], "pattern": .string(pattern), "newValue": ""])
            #expect(try await fixture.toolbox(.post, "/files/replace", body).json[0]?["success"] == true)
            let found = try await fixture.toolbox(.get, "/files/find?path=/tmp&pattern=\(pattern)").json
            #expect(found == [])
        }
    }

    @Test("each matching line is found once, even the last, and empty lines are counted")
    func lines() async throws {
        try await DaytonaFixture.with { fixture in
            let text = "aXbX\n\nno\nX\nlast X"
            _ = try await ToolboxFilesTests.upload(fixture, [("/tmp/s/a", Array(text.utf8))])
            let found = try await fixture.toolbox(.get, "/files/find?path=/tmp/s&pattern=X").json
            #expect(found.arrayValue?.map { $0["line"]?.intValue } == [1, 4, 5])
            #expect(found.arrayValue?.map { $0["content"]?.stringValue } == ["aXbX", "X", "last X"])
            #expect(try await fixture.toolbox(.get, "/files/find?path=/tmp/s&pattern=no%0AX").json == [])
        }
    }

    @Test("a search that finds too many lines is refused, however short they are")
    func manyLines() async throws {
        try await DaytonaFixture.with { fixture in
            let text = Array(String(repeating: "x\n", count: 140_000).utf8)
            _ = try await ToolboxFilesTests.upload(fixture, [("/tmp/s/a", text)])
            let answer = try await fixture.toolbox(.get, "/files/find?path=/tmp/s&pattern=x")
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.stringValue?.contains("more than 67108864 bytes are found") == true)
        }
    }

    @Test("a replacement says why it leaves a file alone")
    func notText() async throws {
        try await DaytonaFixture.with { fixture in
            let long = [UInt8](repeating: 0x61, count: 17 << 20)
            _ = try await ToolboxFilesTests.upload(fixture, [("/tmp/a", [0x61, 0]), ("/tmp/b", long)])
            let body = fixture.json(["files": ["/tmp/a", "/tmp/b", "/tmp"], "pattern": "a", "newValue": "b"])
            let errors = try await fixture.toolbox(.post, "/files/replace", body).json.arrayValue?.map { $0["error"] }
            #expect(errors == ["binary file: /tmp/a", "file too large: /tmp/b", "is a directory: /tmp"])
        }
    }

    @Test("a search for text opens nothing but regular files")
    func namedPipe() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await ToolboxFilesTests.upload(fixture, [("/home/daytona/s/a", Array("x".utf8))])
            // Without isolation, a command's paths are the host's.
            let folder = try await fixture.execute("cd s && mkfifo f && pwd").split(separator: "\n").first
            let watch = Descriptor(owning: inotify_init())
            watch.makeNonBlocking()
            #expect(inotify_add_watch(watch.number, "\(try #require(folder))/f", UInt32(IN_OPEN)) >= 0)
            let found = try await fixture.toolbox(.get, "/files/find?path=/home/daytona/s&pattern=x").json
            #expect(found.arrayValue?.count == 1)
            let error = #expect(throws: FileError.self) { try watch.read(maxCount: 4096) }
            #expect(error?.number == EAGAIN)
        }
    }

    @Test("an upload with too many parts or too long a path is refused")
    func parts() async throws {
        try await DaytonaFixture.with { fixture in
            let url = "\(fixture.toolboxURL)/files/bulk-upload"
            let many = (0...10_000).map {
                "--B\r\nContent-Disposition: form-data; name=\"files[\($0)].path\"\r\n\r\n/tmp/x\r\n"
            }
            let refused = try await fixture.send(.post, url, Array("\(many.joined())--B--".utf8), Self.form)
            #expect(refused.status == 400)
            #expect(refused.json["errors"] == ["more than 10000 files"])
            let long = "/tmp/\(String(repeating: "a", count: 5000))"
            let path = "--B\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n\(long)\r\n--B--"
            let tooLong = try await fixture.send(.post, url, Array(path.utf8), Self.form)
            #expect(tooLong.json["errors"] == ["file[0]: the path is too long"])
        }
    }

    // MARK: Cut short

    /// The start of a form for each route, without its end.
    private static let parts = [
        "bulk-upload": """
        --B\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\n/tmp/x\r\n\
        --B\r\nContent-Disposition: form-data; name="files[0].file"\r\n\r\nDATA
        """,
        "upload": "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nDATA",
        "upload-v2": "DATA",
    ]

    private static func exists(_ path: String, _ fixture: DaytonaFixture) async throws -> Bool {
        try await fixture.toolbox(.get, "/files/info?path=\(path)").status == 200
    }

    @Test("a form that ends early leaves no file", arguments: ["bulk-upload", "upload"])
    func endsEarly(_ route: String) async throws {
        try await DaytonaFixture.with { fixture in
            let body = Array((Self.parts[route] ?? "").utf8)
            let answer = try await fixture.send(
                .post,
                "\(fixture.toolboxURL)/files/\(route)?path=/tmp/x",
                body,
                Self.form
            )
            #expect(answer.status == 400)
            #expect(try await !Self.exists("/tmp/x", fixture))
        }
    }

    @Test(
        "a sender that disconnects halfway leaves no file",
        .timeLimit(.minutes(1)),
        arguments: ["bulk-upload", "upload", "upload-v2"]
    )
    func leaves(_ route: String) async throws {
        try await DaytonaFixture.with { fixture in
            let type = route == "upload-v2" ? "application/octet-stream" : "multipart/form-data; boundary=B"
            do {
                let client = try await RawClient(port: fixture.port)
                try await client.send(
                    """
                    POST /toolbox/\(fixture.id)/files/\(route)?path=/tmp/x HTTP/1.1\r\nHost: x\r\n\
                    Authorization: Bearer \(fixture.daytona.apiKey)\r\nContent-Type: \(type)\r\n\
                    Content-Length: 1000000\r\n\r\n\(Self.parts[route] ?? "")
                    """
                )
                while try await !Self.exists("/tmp/x", fixture) {}
            }
            while try await Self.exists("/tmp/x", fixture) {}
        }
    }

    @Test("a malformed or too long body is answered as the sender's mistake")
    func brokenBodies() async throws {
        try await DaytonaFixture.with { fixture in
            let cases = [
                ("Transfer-Encoding: chunked\r\n\r\nZZ\r\n", "HTTP/1.1 400 "),
                ("Content-Length: 9000000000000\r\n\r\n", "HTTP/1.1 413 "),
            ]
            for (rest, answer) in cases {
                let client = try await RawClient(port: fixture.port)
                try await client.send(
                    """
                    POST /toolbox/\(fixture.id)/files/upload-v2?path=/tmp/x HTTP/1.1\r\nHost: x\r\n\
                    Authorization: Bearer \(fixture.daytona.apiKey)\r\n\(rest)
                    """
                )
                let text = String(decoding: try await client.receive(), as: UTF8.self)
                #expect(text.hasPrefix(answer), "\(text)")
                #expect(try await !Self.exists("/tmp/x", fixture))
            }
        }
    }
}

extension DaytonaFixture {
    /// The port that the server listens on.
    fileprivate var port: UInt16 { (try? HTTPURL(daytona.apiURL))?.port ?? 0 }
}
