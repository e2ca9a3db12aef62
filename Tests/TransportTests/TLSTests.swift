import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("TLS over loopback")
struct TLSTests {
    /// Answers with a description of the TLS session.
    struct Describe: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            if request.head.asksForWebSocket {
                return HTTPServerResponse(
                    status: .ok,
                    body: .webSocket { socket in
                        do {
                            while let message = try await socket.receive() { try await socket.send(message.bytes) }
                        } catch {}
                    }
                )
            }
            if request.head.method == .post {
                let body = (try? await request.body.collect(maxBytes: 1 << 26)) ?? []
                return HTTPServerResponse(status: .ok, body: .bytes(body))
            }
            guard let tls = request.tls else { return HTTPServerResponse(status: .ok, body: .bytes(Array("no".utf8))) }
            let text = "\(tls.version) resumed=\(tls.isResumed) peer=\(tls.peerSubject ?? "-")"
            return HTTPServerResponse(
                status: .ok,
                fields: HTTPFields([(.connection, "close")]),
                body: .bytes(Array(text.utf8))
            )
        }
    }

    private static let local = "DNS:localhost,IP:127.0.0.1"

    private func configuration(_ pair: TestAuthority.Pair, clientAuthority: String? = nil) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration()
        configuration.tls = TLSServerConfiguration(
            certificateFile: pair.certificate,
            privateKeyFile: pair.key,
            clientAuthorityFile: clientAuthority
        )
        return configuration
    }

    private func client(trusting authority: String?, _ pair: TestAuthority.Pair? = nil) -> HTTPClient {
        var configuration = HTTPClientConfiguration()
        configuration.proxy = .none
        configuration.tls.authorityFile = authority
        configuration.tls.certificateFile = pair?.certificate
        configuration.tls.privateKeyFile = pair?.key
        configuration.maxIdleConnections = 0
        return HTTPClient(configuration: configuration)
    }

    private func get(_ url: String, _ client: HTTPClient) async throws -> String {
        try await client.send(HTTPClientRequest(.get, try HTTPURL(url))).text
    }

    /// Checks that a request fails with the given code, for a reason that contains the given text.
    private func expectFailure(
        _ code: HTTPClientError.Code,
        _ reason: String = "",
        of url: String,
        _ client: HTTPClient,
        at location: SourceLocation = #_sourceLocation
    ) async {
        let error = await #expect(throws: HTTPClientError.self, sourceLocation: location) { try await get(url, client) }
        #expect(error?.code == code, "\(error?.message ?? "no error")", sourceLocation: location)
        let isReason = reason.isEmpty || error?.message.contains(reason) == true
        #expect(isReason, "\(error?.message ?? "no error")", sourceLocation: location)
    }

    @Test("requests and WebSocket messages of all sizes arrive, RFC 8446 §5")
    func passes() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            try await withServer(Describe(), configuration: configuration(pair)) { url in
                let client = client(trusting: authority.file)
                for count in [0, 1, 16_384, 16_385, 3_000_000] {
                    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                    let result = try await client.send(.init(.post, try HTTPURL(url), body: .bytes(body)))
                    #expect(result.body == body)
                }
                let socket = try await client.openWebSocket(try HTTPURL(url))
                for count in [0, 1, 16_384, 1_000_000] {
                    let message = [UInt8](repeating: 7, count: count)
                    try await socket.send(message)
                    #expect(try await socket.receive() == .binary(message))
                }
                await socket.close()
                await socket.release()
            }
        }
    }

    @Test("a server with TLS on a Unix socket is reached by the URL that it reports, RFC 9110 §4.2.2")
    func unixSocket() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            var configuration = configuration(try await authority.issue("server", for: Self.local))
            configuration.host = "unix:\(folder)/x.sock"
            let server = HTTPServer(configuration: configuration, responder: Describe())
            let url = configuration.url(of: try await server.start())
            #expect(url.hasPrefix("https+unix://%2F"))
            let client = client(trusting: authority.file)
            #expect(try await get(url, client) == "TLSv1.3 resumed=false peer=-")
            let socket = try await client.openWebSocket(try HTTPURL(url.replacing("https+", with: "wss+")))
            try await socket.send([1])
            #expect(try await socket.receive() == .binary([1]))
            await socket.close()
            await socket.release()
            await expectFailure(.cannotConnect, "issuer certificate", of: url, self.client(trusting: nil))
            await server.shutDown()
        }
    }

    @Test("a second connection resumes the session of the first, RFC 8446 §2.2")
    func resumption() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            try await withServer(Describe(), configuration: configuration(pair)) { url in
                let client = client(trusting: authority.file)
                let answers = [try await get(url, client), try await get(url, client)]
                #expect(answers == ["TLSv1.3 resumed=false peer=-", "TLSv1.3 resumed=true peer=-"])
            }
        }
    }

    @Test(
        "a client refuses a certificate that it should not trust, RFC 9525 §6, RFC 5280 §6",
        arguments: [
            ("for another host", "DNS:example.com,IP:127.0.0.2", 2, "mismatch"),
            ("expired", local, -1, "expired"),
            ("of a common name only", nil, 2, "mismatch"),
        ] as [(String, String?, Int, String)]
    )
    func refusal(_ what: String, _ names: String?, _ days: Int, _ reason: String) async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("localhost", for: names, days: days)
            try await withServer(Describe(), configuration: configuration(pair)) { url in
                await expectFailure(.cannotConnect, reason, of: url, client(trusting: authority.file))
            }
        }
    }

    @Test("a client refuses a certificate from an unknown authority and one for another address, RFC 9525 §6")
    func unknownAuthority() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: "DNS:localhost")
            try await withServer(Describe(), configuration: configuration(pair)) { url in
                let port = try HTTPURL(url).port
                let named = "https://localhost:\(port)/"
                await expectFailure(.cannotConnect, "issuer certificate", of: named, client(trusting: nil))
                await expectFailure(.cannotConnect, "mismatch", of: url, client(trusting: authority.file))
                let text = try await get(named, client(trusting: authority.file))
                #expect(text.hasPrefix("TLSv1.3"))
            }
        }
    }

    @Test("a server that requires certificates serves only clients with one from its authority, RFC 8446 §4.4.2.4")
    func clientCertificates() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            let runner = try await authority.issue("runner", for: nil)
            let strangers = "\(folder)/strangers"
            try FileManager.default.createDirectory(atPath: strangers, withIntermediateDirectories: false)
            let stranger = try await TestAuthority(in: strangers).issue("stranger", for: nil)
            try await withServer(Describe(), configuration: configuration(pair, clientAuthority: authority.file)) {
                url in
                let known = client(trusting: authority.file, runner)
                let answers = [try await get(url, known), try await get(url, known)]
                #expect(answers == ["TLSv1.3 resumed=false peer=CN=runner", "TLSv1.3 resumed=true peer=CN=runner"])
                // The client's own handshake is over before the server has seen its certificate (RFC 8446 §2).
                for unwelcome in [nil, stranger] {
                    await expectFailure(.connectionLost, of: url, client(trusting: authority.file, unwelcome))
                }
            }
        }
    }

    @Test("a session is not resumed once its client's certificate has expired, RFC 8446 §4.6.1")
    func expiredSession() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            try await withServer(Describe(), configuration: configuration(pair, clientAuthority: authority.file)) {
                url in
                var (known, expiry, answers) = (client(trusting: authority.file), 0.0, [String]())
                // On a busy machine a certificate may expire before it has been used.
                for seconds in [2.0, 8, 30] where answers.count < 2 {
                    let issued = try await authority.issue("runner\(Int(seconds))", expiringAfter: seconds)
                    (known, expiry) = (client(trusting: authority.file, issued.0), issued.expiry)
                    answers = []
                    for _ in 0..<2 {
                        if let answer = try? await get(url, known) { answers.append(answer) }
                    }
                }
                #expect(answers.map { $0.contains("resumed=true") } == [false, true])
                // Certificates are checked with a coarse clock.
                let (last, end) = (known, expiry + 0.5)
                await until { Date().timeIntervalSince1970 > end }
                await expectFailure(.connectionLost, of: url, last)
            }
        }
    }

    @Test("a certificate that was reloaded is shown to new connections, and open ones go on, RFC 8446 §4.4.2")
    func reload() async throws {
        try await withTemporaryDirectory { folder in
            let old = try await TestAuthority(in: folder)
            let pair = try await old.issue("server", for: Self.local)
            let newFolder = "\(folder)/new"
            try FileManager.default.createDirectory(atPath: newFolder, withIntermediateDirectories: false)
            let new = try await TestAuthority(in: newFolder)
            let newPair = try await new.issue("server", for: Self.local)
            let server = HTTPServer(configuration: configuration(pair), responder: Describe())
            let url = "https://\(try await server.start())"
            let socket = try await client(trusting: old.file).openWebSocket(try HTTPURL(url))

            try Data("nonsense".utf8).write(to: URL(fileURLWithPath: pair.certificate))
            await #expect(throws: TLSError.self) { try await server.reloadCertificate() }
            #expect(try await get(url, client(trusting: old.file)).hasPrefix("TLSv1.3"))

            for (from, to) in [(newPair.certificate, pair.certificate), (newPair.key, pair.key)] {
                try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
            }
            try await server.reloadCertificate()
            await expectFailure(.cannotConnect, "certificate", of: url, client(trusting: old.file))
            #expect(try await get(url, client(trusting: new.file)).hasPrefix("TLSv1.3"))
            try await socket.send([1])
            #expect(try await socket.receive() == .binary([1]))
            await socket.close()
            await socket.release()
            await server.shutDown()
        }
    }

    @Test("the error for an unusable file names it and the reason, RFC 7468 §2")
    func files() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            let other = try await authority.issue("other", for: Self.local)
            let protected = try await authority.protect(pair.key)
            let table: [(TestAuthority.Pair, String)] = [
                (.init(certificate: "\(folder)/nope.pem", key: pair.key), "nope.pem: No such file or directory"),
                (.init(certificate: pair.key, key: pair.key), "no certificate can be read from \(pair.key)"),
                (.init(certificate: pair.certificate, key: pair.certificate), "no private key for it can be read from"),
                (.init(certificate: pair.certificate, key: protected), "it is protected by a passphrase"),
                (.init(certificate: pair.certificate, key: other.key), "key values mismatch"),
            ]
            for (files, reason) in table {
                let server = HTTPServer(configuration: configuration(files), responder: Describe())
                let error = await #expect(throws: TLSError.self) { try await server.start() }
                #expect(error?.message.contains(reason) == true, "\(error?.message ?? "no error") for \(reason)")
            }
        }
    }

    @Test("a peer that does not speak TLS and one that sends nothing are disconnected, RFC 8446 §6.2")
    func noTLS() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: Self.local)
            var impatient = configuration(pair)
            impatient.handshakeTimeout = .milliseconds(100)
            try await withServer(Describe(), configuration: impatient) { url in
                let port = try HTTPURL(url).port
                let plain = try await RawClient(port: port)
                try await plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await !plain.receiveText().contains("HTTP/1.1"))
                let silent = try await RawClient(port: port)
                #expect(try await silent.receive().isEmpty)
            }
        }
    }
}
