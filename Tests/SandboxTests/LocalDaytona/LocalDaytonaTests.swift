import BenchmarkProtocol
import BenchmarkTransport
import Glibc
import Testing

@testable import BenchmarkSandbox

@Suite("The loopback server: control plane", .timeLimit(.minutes(10)))
struct LocalDaytonaTests {
    @Test(
        "a sandbox is created, found by id and name, stopped, started and deleted",
        arguments: [Isolation?.none, .namespaces]
    )
    func life(_ isolation: Isolation?) async throws {
        try await DaytonaFixture.with(isolation ?? Isolation.none) { fixture in
            let body = """
                {"name":"n","env":{"X":"1"},"labels":{"a":"b"},"target":"us","autoStopInterval":30,"volumes":[]}
                """
            let created = try await fixture.api(.post, "/sandbox", body)
            #expect(created.status == 200)
            #expect(created.json["state"] == "creating")
            let id = try #require(created.json["id"]?.stringValue)
            for name in [id, "n"] {
                let found = try await fixture.api(.get, "/sandbox/\(name)")
                #expect(found.json["id"]?.stringValue == id)
                #expect(found.json["state"] == "started")
            }
            #expect(try await fixture.api(.post, "/sandbox", "{\"name\":\"n\"}").status == 409)
            let stopped = try await fixture.api(.post, "/sandbox/n/stop?force=false")
            #expect(stopped.json["state"] == "stopped")
            let started = try await fixture.api(.post, "/sandbox/n/start")
            #expect(started.json["state"] == "started")
            let deleted = try await fixture.api(.delete, "/sandbox/n")
            #expect(deleted.json["state"] == "destroying")
            #expect(deleted.json["desiredState"] == "destroyed")
            while try await fixture.api(.get, "/sandbox/\(id)").status != 404 {}
        }
    }

    @Test(
        "a sandbox is refused if a variable of its environment has no valid name",
        arguments: ["BASH_FUNC_a%%", "1", ""]
    )
    func variables(_ name: String) async throws {
        try await DaytonaFixture.with { fixture in
            let body = fixture.json(["env": .object(JSONObject([(name, .string("x"))]))])
            let answer = try await fixture.api(.post, "/sandbox", body)
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.stringValue == "invalid environment variable name: \(name)")
        }
    }

    @Test("a sandbox's description has everything that the SDK requires, and whole numbers are integers")
    func object() async throws {
        try await DaytonaFixture.with { fixture in
            let object = try await fixture.api(.get, "/sandbox/\(fixture.id)").json
            for key in [
                "id", "organizationId", "name", "user", "env", "labels", "public", "networkBlockAll", "kvm", "target",
                "cpu", "gpu", "memory", "disk", "toolboxProxyUrl",
            ] { #expect(object[key] != nil, "\(key)") }
            for key in ["cpu", "gpu", "memory", "disk"] { #expect(object[key]?.intValue != nil, "\(key)") }
            #expect(object["toolboxProxyUrl"]?.stringValue == "\(fixture.daytona.apiURL.dropLast(4))/toolbox")
        }
    }

    @Test("lists are filtered and paged, in both forms")
    func lists() async throws {
        try await DaytonaFixture.with { fixture in
            for number in 0..<3 {
                _ = try await fixture.api(.post, "/sandbox", "{\"labels\":{\"k\":\"v\",\"n\":\"\(number)\"}}")
            }
            let query = "/sandbox?limit=2&labels=%7B%22k%22%3A%22v%22%7D"
            let first = try await fixture.api(.get, query).json
            #expect(first["items"]?.arrayValue?.count == 2)
            let cursor = try #require(first["nextCursor"]?.stringValue)
            let second = try await fixture.api(.get, "\(query)&cursor=\(cursor)").json
            #expect(second["items"]?.arrayValue?.count == 1)
            #expect(second["nextCursor"] == .null)
            let old = try await fixture.api(.get, "/sandbox/paginated?page=2&limit=3").json
            #expect(old["total"] == 4)
            #expect(old["totalPages"] == 2)
            #expect(old["items"]?.arrayValue?.count == 1)
        }
    }

    @Test("changed settings are kept")
    func settings() async throws {
        try await DaytonaFixture.with { fixture in
            let path = "/sandbox/\(fixture.id)"
            _ = try await fixture.api(.post, "\(path)/autostop/0")
            _ = try await fixture.api(.post, "\(path)/autoarchive/5")
            _ = try await fixture.api(.post, "\(path)/autodelete/-1")
            let labels = try await fixture.api(.put, "\(path)/labels", "{\"labels\":{\"x\":\"y\"}}")
            #expect(labels.json == ["labels": ["x": "y"]])
            #expect(try await fixture.api(.post, "\(path)/last-activity").status == 201)
            let object = try await fixture.api(.get, path).json
            #expect(object["autoStopInterval"] == 0)
            #expect(object["autoArchiveInterval"] == 5)
            #expect(object["autoDeleteInterval"] == -1)
            #expect(object["labels"] == ["x": "y"])
            let url = try await fixture.api(.get, "\(path)/toolbox-proxy-url").json["url"]
            #expect(url == object["toolboxProxyUrl"])
            #expect(try await fixture.api(.post, "\(path)/autostop/-1").status == 400)
        }
    }

    @Test("an image is recorded, and the answer does not wait for it")
    func image() async throws {
        try await DaytonaFixture.with { fixture in
            let body = """
                {"cpu":2,"memory":4,"disk":10,"labels":{},"buildInfo":{"dockerfileContent":"FROM python:3.12-slim\\n"}}
                """
            let created = try await fixture.api(.post, "/sandbox", body).json
            #expect(created["cpu"] == 2)
            #expect(created["buildInfo"]?["dockerfileContent"] == "FROM python:3.12-slim\n")
            let id = try #require(created["id"]?.stringValue)
            while try await fixture.api(.get, "/sandbox/\(id)").json["state"] != "started" {}
            let refused = try await fixture.api(.post, "/sandbox", "{\"snapshot\":\"s\",\"cpu\":2}")
            #expect(refused.status == 400)
        }
    }

    @Test("errors have the form of Daytona's")
    func errors() async throws {
        try await DaytonaFixture.with { fixture in
            let missing = try await fixture.api(.get, "/sandbox/nope")
            #expect(missing.status == 404)
            #expect(missing.json["message"] == "Sandbox with ID or name nope not found")
            #expect(missing.json["path"] == "/api/sandbox/nope")
            #expect(missing.json["statusCode"] == 404)
            #expect(missing.json["error"] == "Not Found")
            let wrongKey = try await fixture.api(.get, "/sandbox", key: "wrong")
            #expect(wrongKey.status == 401)
            #expect(wrongKey.json["message"] == "Invalid credentials")
            let unknown = DaytonaFixture(daytona: fixture.daytona, client: fixture.client, id: "nope")
            for answer in [
                try await fixture.toolbox(.get, "/version", key: "wrong"), try await unknown.toolbox(.get, "/version"),
            ] {
                #expect(answer.status == 401)
                #expect(answer.json["code"] == "UNAUTHORIZED")
                #expect(answer.json["path"] == "/version")
                #expect(
                    answer.json["message"] == "unauthorized: authentication failed: Bearer token is invalid"
                )
            }
            #expect(try await fixture.api(.get, "/socket.io/?EIO=4&transport=websocket").status == 404)
            #expect(try await fixture.api(.get, "/config", key: "wrong").status == 200)
            #expect(try await fixture.api(.post, "/sandbox", "{").status == 400)
        }
    }

    @Test("two servers are independent and leave nothing behind")
    func shutdown() async throws {
        let directory = "/tmp/local-daytona-test-\(RandomText.hexadecimal(count: 8))"
        #expect(mkdir(directory, 0o755) == 0)
        defer { rmdir(directory) }
        var configuration = LocalDaytona.Configuration()
        configuration.directory = directory
        let one = try await LocalDaytona.start(configuration)
        let two = try await LocalDaytona.start(configuration)
        #expect(one.apiKey != two.apiKey)
        #expect(one.apiURL != two.apiURL)
        let opened = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
        #expect(try RootedFiles.names(in: opened, directory).count == 2)
        await one.shutdown()
        await two.shutdown()
        #expect(try RootedFiles.names(in: Descriptor.open(directory, O_RDONLY | O_DIRECTORY), directory) == [])
    }
}
