import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkFramework

@Suite("Access keys exchanged with Descope")
struct DescopeTests {
    /// A minimal Descope: answers exchanges with the response of a closure, and serves the keys of the vectors.
    private struct Stub: HTTPResponder {
        let exchanges = Locked<[String]>([])
        let fetches = Locked(0)
        /// The event that a request for the keys waits for.
        var hasKeys = OneShotEvent.fired
        let answer: @Sendable (_ accessKey: String, _ count: Int) async -> HTTPServerResponse

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let bearer = request.head.fields[.authorization] ?? ""
            switch (request.head.method, request.head.path) {
            case (.post, "/v1/auth/accesskey/exchange"):
                let body = try? await request.body.collect(maxBytes: 1000)
                guard bearer.hasPrefix("Bearer \(TokenVectors.shared.audience):"),
                    request.head.fields["x-descope-project-id"] == TokenVectors.shared.audience,
                    body.map({ String(decoding: $0, as: UTF8.self) }) == #"{"loginOptions": {}}"#
                else { return HTTPServerResponse(status: .badRequest) }
                let key = String(bearer.dropFirst("Bearer \(TokenVectors.shared.audience):".count))
                let count = exchanges.withLock { exchanges in
                    exchanges.append(key)
                    return exchanges.count
                }
                return await answer(key, count)
            case (.get, "/v2/keys/\(TokenVectors.shared.audience)"):
                fetches.withLock { $0 += 1 }
                await hasKeys.wait()
                guard bearer == "Bearer \(TokenVectors.shared.audience)" else {
                    return HTTPServerResponse(status: .unauthorized)
                }
                return Stub.json(["keys": .array(TokenVectors.shared.keys)])
            default: return HTTPServerResponse(status: .notFound)
            }
        }

        static func json(_ value: JSONValue, status: Int = 200) -> HTTPServerResponse {
            HTTPServerResponse(status: HTTPStatus(status), body: .bytes((try? value.serialized()) ?? []))
        }

        /// A token that never expires.
        static func session(_ name: String = "no expiry") -> HTTPServerResponse {
            json(["sessionJwt": .string((try? TokenVectors.shared.token(name)) ?? "")])
        }
    }

    private func withDescope(
        _ stub: Stub,
        configure: (inout DescopeSettings) -> Void = { _ in },
        _ body: (DescopeAuthenticator) async throws -> Void
    ) async throws {
        try await withServer(stub) { url in
            var settings = DescopeSettings(projectID: TokenVectors.shared.audience)
            settings.baseURL = url
            settings.client.proxy = .none
            configure(&settings)
            try await body(try DescopeAuthenticator(settings, log: ServiceLog(level: .error)))
        }
    }

    private static let key = Array("access-key".utf8)

    @Test("an accepted key is exchanged once, and other keys are exchanged separately")
    func once() async throws {
        let stub = Stub { _, _ in Stub.session() }
        try await withDescope(stub) { descope in
            for _ in 0..<3 { #expect(await descope.allows(Self.key)) }
            #expect(await descope.allows(Array("other-key".utf8)))
            #expect(stub.exchanges.withLock { $0 } == ["access-key", "other-key"])
            #expect(stub.fetches.withLock { $0 } == 1)
        }
    }

    @Test("many simultaneous callers with the same key share one exchange")
    func many() async throws {
        let (isAsked, mayAnswer) = (OneShotEvent(), OneShotEvent())
        let stub = Stub { _, _ in
            isAsked.fire()
            await mayAnswer.wait()
            return Stub.session()
        }
        try await withDescope(stub) { descope in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { await descope.allows(Self.key) } }
                await isAsked.wait()
                // A caller that leaves does not take the answer away from the others.
                let left = Task { await descope.allows(Self.key) }
                left.cancel()
                mayAnswer.fire()
                for try await isAllowed in group { #expect(isAllowed) }
                _ = await left.value
            }
            #expect(stub.exchanges.withLock { $0.count } == 1)
        }
    }

    @Test("a refusal is not remembered", arguments: [401, 400, 429, 500, 302])
    func refusals(_ status: Int) async throws {
        let stub = Stub { _, count in count == 3 ? Stub.session() : Stub.json(["errorCode": "E1"], status: status) }
        try await withDescope(stub) { descope in
            #expect(await !descope.allows(Self.key))
            #expect(await !descope.allows(Self.key))
            #expect(await descope.allows(Self.key))
        }
    }

    @Test("a server that is temporarily unavailable is asked again", arguments: [503, 521, 522, 524, 530])
    func troubles(_ status: Int) async throws {
        let stub = Stub { _, count in count == 1 ? Stub.json([:], status: status) : Stub.session() }
        try await withDescope(stub) { descope in
            #expect(await descope.allows(Self.key))
            #expect(stub.exchanges.withLock { $0.count } == 2)
        }
    }

    @Test(
        "an answer without a valid token is a refusal",
        arguments: [
            "expired 10 s ago", "another audience", "the tenants are none", "the tenants are two",
            "the tenants are null", "an unknown key", "HS256 with the public key as its secret",
            "RS256 with a changed signature",
        ]
    )
    func tokens(_ name: String) async throws {
        try await withDescope(Stub { _, _ in Stub.session(name) }) { descope in
            #expect(await !descope.allows(Self.key))
        }
    }

    @Test(
        "an answer that is not JSON, or has no token, is a refusal",
        arguments: ["", "{", "[]", "{}", #"{"sessionJwt":5}"#]
    )
    func answers(_ text: String) async throws {
        let stub = Stub { _, _ in HTTPServerResponse(status: .ok, body: .bytes(Array(text.utf8))) }
        try await withDescope(stub) { descope in #expect(await !descope.allows(Self.key)) }
    }

    @Test(
        "a key that cannot be sent is refused without asking",
        arguments: ["", "a b", "a\r\nb", "é", String(repeating: "k", count: 4097)]
    )
    func strangeKeys(_ key: String) async throws {
        let stub = Stub { _, _ in Stub.session() }
        try await withDescope(stub) { descope in
            #expect(await !descope.allows(Array(key.utf8)))
            #expect(stub.exchanges.withLock { $0.isEmpty })
        }
    }

    @Test("a decision that takes too long is a refusal")
    func late() async throws {
        let mayAnswer = OneShotEvent()
        let stub = Stub { _, _ in
            await mayAnswer.wait()
            return Stub.session()
        }
        try await withDescope(stub, configure: { $0.timeout = .milliseconds(50) }) { descope in
            #expect(await !descope.allows(Self.key))
            mayAnswer.fire()
        }
    }

    @Test("public keys that do not arrive in time are a refusal, and are fetched again", .timeLimit(.minutes(1)))
    func lateKeys() async throws {
        let hasKeys = OneShotEvent()
        let stub = Stub(hasKeys: hasKeys) { _, _ in Stub.session() }
        try await withDescope(stub, configure: { $0.timeout = .milliseconds(500) }) { descope in
            async let other = descope.allows(Array("other-key".utf8))
            #expect(await !descope.allows(Self.key))
            #expect(await !other)
            hasKeys.fire()
            // On a busy machine a decision may be late again.
            while await !descope.allows(Self.key), !Task.isCancelled {}
        }
    }

    @Test("an address where nothing listens is a refusal")
    func nobody() async throws {
        var settings = DescopeSettings(projectID: TokenVectors.shared.audience)
        let nobody = try RefusingAddress()
        settings.baseURL = "http://\(nobody.address)"
        settings.client.proxy = .none
        let descope = try DescopeAuthenticator(settings, log: ServiceLog(level: .error))
        #expect(await !descope.allows(Self.key))
    }

    @Test("a configured public key is used without fetching keys, and the management key is sent after the access key")
    func givenKeys() async throws {
        let stub = Stub { _, _ in Stub.session() }
        let key = try #require(TokenVectors.shared.keys.first { $0["alg"] == "RS256" })
        let text = String(decoding: try key.serialized(), as: UTF8.self)
        try await withDescope(stub, configure: { ($0.publicKey, $0.managementKey) = (text, "manager") }) { descope in
            #expect(await descope.allows(Self.key))
            #expect(stub.fetches.withLock { $0 } == 0)
            #expect(stub.exchanges.withLock { $0 } == ["access-key:manager"])
        }
    }

    @Test("the memory of accepted keys is bounded")
    func bounded() async throws {
        let stub = Stub { _, _ in Stub.session() }
        try await withDescope(stub, configure: { $0.maxCachedKeys = 1 }) { descope in
            for key in ["a", "b", "b", "a"] { #expect(await descope.allows(Array(key.utf8))) }
            #expect(stub.exchanges.withLock { $0 } == ["a", "b", "a"])
        }
    }
}

extension OneShotEvent {
    /// An event that has already happened.
    fileprivate static var fired: OneShotEvent {
        let event = OneShotEvent()
        event.fire()
        return event
    }
}
