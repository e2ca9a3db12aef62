import BenchmarkProtocol
import BenchmarkTransport
import Glibc
import Testing

@testable import BenchmarkSandbox

@Suite("The loopback server: files")
struct ToolboxFilesTests {
    static func upload(_ fixture: DaytonaFixture, _ files: [(String, [UInt8])]) async throws -> DaytonaFixture.Answer {
        var body = [UInt8]()
        for (index, (path, bytes)) in files.enumerated() {
            body += Array(
                "--B\r\nContent-Disposition: form-data; name=\"files[\(index)].path\"\r\n\r\n\(path)\r\n".utf8
            )
            body += Array(
                "--B\r\nContent-Disposition: form-data; name=\"files[\(index)].file\"; filename=\"x\"\r\n\r\n".utf8
            )
            body += bytes + Array("\r\n".utf8)
        }
        body += Array("--B--\r\n".utf8)
        return try await fixture.send(
            .post,
            "\(fixture.toolboxURL)/files/bulk-upload",
            body,
            [(.contentType, "multipart/form-data; boundary=B")]
        )
    }

    static func path(_ path: String) -> String { "path=\(HTTPURL.escape(path))" }

    @Test("files are downloaded as they were uploaded", arguments: [Isolation.none, .namespaces])
    func roundTrip(_ isolation: Isolation) async throws {
        try await DaytonaFixture.with(isolation) { fixture in
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            let answer = try await Self.upload(fixture, [("  /tmp/ž a/b.bin\n", large), ("relative", [])])
            #expect(answer.status == 200)
            #expect(answer.json["files"]?[0] == ["path": "/tmp/ž a/b.bin", "bytes": 3_000_000])
            let download = try await fixture.toolbox(.get, "/files/download?\(Self.path("/tmp/ž a/b.bin"))")
            #expect(download.body == large)
            #expect(download.fields[.contentLength] == "3000000")
            let info = try await fixture.toolbox(.get, "/files/info?path=/tmp/%C5%BE%20a").json
            #expect(info["permissions"] == "0755")
            #expect(info["isDir"] == true)
            let empty = try await fixture.toolbox(.get, "/files/info?path=/home/daytona/relative").json
            #expect(empty["size"] == 0)
            #expect(empty["mode"] == "-rw-r--r--")
            #expect(try await fixture.execute("cd; ls") == "relative\n")
        }
    }

    @Test("no link leads out of the sandbox", arguments: [Isolation.none, .namespaces])
    func links(_ isolation: Isolation) async throws {
        let outside = "/tmp/local-daytona-test-\(RandomText.hexadecimal(count: 8))"
        let file = try Descriptor.open(outside, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        try file.write(Array("secret".utf8), path: outside)
        defer { unlink(outside) }
        try await DaytonaFixture.with(isolation) { fixture in
            _ = try await fixture.execute(
                "cd; ln -s \(outside) file; ln -s / root; ln -s ../../../../../../../.. up; ln -s /proc/1/root proc"
            )
            for path in ["file", "root\(outside)", "up\(outside)", "../../../../../..\(outside)", "proc\(outside)"] {
                let answer = try await fixture.toolbox(.get, "/files/download?\(Self.path(path))")
                #expect(answer.text != "secret", "\(path)")
                _ = try await Self.upload(fixture, [(path, Array("overwritten".utf8))])
                _ = try await fixture.toolbox(.delete, "/files?\(Self.path(path))")
            }
            let content = try Descriptor.open(outside, O_RDONLY).read(maxCount: 100)
            #expect(content == Array("secret".utf8))
        }
    }

    @Test("folders are created, and files are moved, get permissions and are removed")
    func folders() async throws {
        try await DaytonaFixture.with(.namespaces) { fixture in
            #expect(try await fixture.toolbox(.post, "/files/folder?path=/tmp/d/e&mode=700").status == 201)
            _ = try await Self.upload(fixture, [("/tmp/d/x", [1])])
            let list = try await fixture.toolbox(.get, "/files?path=/tmp/d").json
            #expect(list.arrayValue?.compactMap { $0["name"]?.stringValue } == ["e", "x"])
            #expect(list[0]?["permissions"] == "0700")
            #expect(try await fixture.toolbox(.post, "/files/move?source=/tmp/d/x&destination=/tmp/d/e").status == 409)
            #expect(try await fixture.toolbox(.post, "/files/move?source=/tmp/d/x&destination=/tmp/y").status == 200)
            #expect(try await fixture.toolbox(.post, "/files/permissions?path=/tmp/y&mode=751").status == 200)
            #expect(try await fixture.execute("stat -c %a /tmp/y") == "751\n")
            #expect(try await fixture.toolbox(.delete, "/files?path=/tmp/d").status == 400)
            #expect(try await fixture.toolbox(.delete, "/files?path=/tmp/d&recursive=true").status == 204)
            #expect(try await fixture.toolbox(.delete, "/files?path=/tmp/d&recursive=true").status == 404)
            #expect(try await fixture.toolbox(.post, "/files/folder?path=/usr/x").status == 403)
            #expect(try await Self.upload(fixture, [("/etc/x", [])]).status == 400)
            #expect(try await fixture.toolbox(.get, "/files/info").status == 400)
        }
    }

    @Test("a path with a zero byte is refused and not cut at it")
    func zeroBytes() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await Self.upload(fixture, [("/tmp/x", [1])])
            #expect(try await fixture.toolbox(.delete, "/files?path=/tmp/x%00y").status == 400)
            #expect(try await fixture.toolbox(.post, "/files/move?source=/tmp/x%00&destination=/tmp/y").status == 400)
            #expect(try await fixture.toolbox(.post, "/files/move?source=/tmp/x&destination=/tmp/y%00z").status == 400)
            #expect(try await fixture.toolbox(.post, "/files/folder?path=/tmp/d%00e").status == 400)
            #expect(try await fixture.toolbox(.get, "/files/info?path=/tmp/x").status == 200)
        }
    }

    @Test("a bulk download has a part for each file, in order")
    func bulkDownload() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await Self.upload(fixture, [("/tmp/a", Array("abc".utf8)), ("/tmp/ž \"", Array("\r\n--".utf8))])
            let body = fixture.json(["paths": ["/tmp/a", "/nope", "/tmp/ž \""]])
            let answer = try await fixture.toolbox(.post, "/files/bulk-download", body)
            let boundary = try #require(HeaderParameters(answer.fields[.contentType] ?? "")["boundary"])
            let parts = try #require(MultipartParserTests.read(answer.body, boundary: boundary, pieceCount: 7))
            #expect(parts.map(\.0) == ["file", "error", "file"])
            #expect(parts[0].1 == Array("abc".utf8))
            #expect(try JSONValue(parsing: parts[1].1)["code"] == "FILE_NOT_FOUND")
            #expect(parts[2].1 == Array("\r\n--".utf8))
            #expect(answer.text.contains("filename*=utf-8''%2Ftmp%2F%C5%BE%20%22"))
            #expect(try await fixture.toolbox(.post, "/files/bulk-download", "{\"paths\":[]}").status == 400)
        }
    }

    @Test("unusable uploads are refused")
    func refusals() async throws {
        try await DaytonaFixture.with { fixture in
            let url = "\(fixture.toolboxURL)/files/bulk-upload"
            let plain = try await fixture.send(.post, url, [1], [(.contentType, "text/plain")])
            #expect(plain.json == ["errors": ["invalid multipart form"]])
            let noPath = "--B\r\nContent-Disposition: form-data; name=\"files[0].file\"\r\n\r\nx\r\n--B--"
            let type: HTTPFields = [(.contentType, "multipart/form-data; boundary=B")]
            let missing = try await fixture.send(.post, url, Array(noPath.utf8), type)
            #expect(missing.json == ["errors": ["file[0]: missing .path metadata"], "files": .null])
            let some = try await Self.upload(fixture, [("/tmp", [1]), ("/tmp/ok", [1])])
            #expect(some.status == 400)
            #expect(some.json["files"]?[0]?["path"] == "/tmp/ok")
        }
    }

    @Test("a single file is uploaded as a form and as raw bytes")
    func single() async throws {
        try await DaytonaFixture.with { fixture in
            let form = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nDATA\r\n--B--"
            let type: HTTPFields = [(.contentType, "multipart/form-data; boundary=B")]
            let url = fixture.toolboxURL
            #expect(
                try await fixture.send(.post, "\(url)/files/upload?path=/tmp/a", Array(form.utf8), type).status == 200
            )
            let raw = try await fixture.send(.post, "\(url)/files/upload-v2?path=/tmp/b", Array("RAW".utf8))
            #expect(raw.json["name"] == "b")
            #expect(try await fixture.toolbox(.get, "/files/download?path=/tmp/a").text == "DATA")
            #expect(try await fixture.toolbox(.get, "/files/download?path=/tmp/b").text == "RAW")
        }
    }

    @Test("text and names are found, and text is replaced")
    func search() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await Self.upload(
                fixture,
                [("/tmp/s/a.txt", Array("one\ntwo one\n".utf8)), ("/tmp/s/d/b.txt", [0x6F, 0x6E, 0x65, 0])]
            )
            let found = try await fixture.toolbox(.get, "/files/find?path=/tmp/s&pattern=one").json
            #expect(found.arrayValue?.map { $0["line"]?.intValue } == [1, 2])
            #expect(found[1] == ["file": "/tmp/s/a.txt", "line": 2, "content": "two one"])
            let names = try await fixture.toolbox(.get, "/files/search?path=/tmp/s&pattern=*.txt").json
            #expect(names == ["files": ["/tmp/s/a.txt", "/tmp/s/d/b.txt"]])
            let body = fixture.json(["files": ["/tmp/s/a.txt", "/nope"], "pattern": "one", "newValue": "1"])
            let replaced = try await fixture.toolbox(.post, "/files/replace", body).json
            #expect(replaced[0] == ["file": "/tmp/s/a.txt", "success": true])
            #expect(replaced[1]?["success"] == false)
            #expect(try await fixture.toolbox(.get, "/files/download?path=/tmp/s/a.txt").text == "1\ntwo 1\n")
        }
    }
}
