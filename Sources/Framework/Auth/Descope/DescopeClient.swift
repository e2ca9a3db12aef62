import BenchmarkProtocol
import BenchmarkTransport

/// The two requests that are made to Descope: exchanging an access key for a token, and fetching the project's keys.
struct DescopeClient: Sendable {
    private let settings: DescopeSettings
    private let exchangeURL: HTTPURL
    private let keysURL: HTTPURL
    private let exchanges: HTTPClient
    private let keys: HTTPClient
    private let loop: EventLoop

    /// The pauses before an exchange is repeated because the server was in trouble.
    private static let pauses: [Duration] = [.milliseconds(100), .seconds(5), .seconds(5)]
    private static let troubles = [503, 521, 522, 524, 530]
    private static let maxBodyBytes = 1 << 20

    /// - Throws: ``HTTPClientError`` if the base URL is invalid.
    init(_ settings: DescopeSettings, on loop: EventLoop) throws {
        (self.settings, self.loop) = (settings, loop)
        exchangeURL = try HTTPURL(settings.baseURL + "/v1/auth/accesskey/exchange")
        keysURL = try HTTPURL(settings.baseURL + "/v2/keys/" + settings.projectID)
        var configuration = settings.client
        // Callers without a valid key can cause any number of exchanges, but not any number at a time.
        configuration.maxConnectionsPerOrigin = 32
        exchanges = HTTPClient(configuration: configuration)
        configuration.maxRedirects = 5
        keys = HTTPClient(configuration: configuration)
    }

    /// Exchanges an access key.
    ///
    /// - Returns: the session token.
    /// - Throws: ``DescopeFailure``, ``HTTPClientError``, or `CancellationError`.
    func token(for accessKey: String) async throws -> String {
        let parts = [settings.projectID, accessKey] + (settings.managementKey.map { [$0] } ?? [])
        var request = HTTPClientRequest(.post, exchangeURL, fields: fields(bearer: parts.joined(separator: ":")))
        request.fields.set("content-type", "application/json")
        request.body = .bytes(Array(#"{"loginOptions": {}}"#.utf8))
        var pauses = Self.pauses[...]
        while true {
            let answer = try await exchanges.send(request, maxBodyBytes: Self.maxBodyBytes)
            if (200..<300).contains(answer.status) {
                guard let token = Self.object(answer.body)?["sessionJwt"]?.stringValue else {
                    throw DescopeFailure("Descope's answer has no session token")
                }
                return token
            }
            guard Self.troubles.contains(answer.status), let pause = pauses.popFirst() else {
                throw DescopeFailure("Descope answered \(answer.status) to the exchange of an access key")
            }
            try await loop.sleep(for: pause)
        }
    }

    /// Fetches the project's keys.
    ///
    /// - Throws: ``DescopeFailure``, ``HTTPClientError``, or `CancellationError`.
    func publicKeys() async throws -> [JSONWebKey] {
        var request = HTTPClientRequest(.get, keysURL, fields: fields(bearer: settings.projectID))
        // The callers that wait for the keys have deadlines of their own, which do not end the request.
        request.timeout = settings.timeout
        let answer = try await keys.send(request, maxBodyBytes: Self.maxBodyBytes)
        guard (200..<300).contains(answer.status) else {
            throw DescopeFailure("Descope answered \(answer.status) to the request for its keys")
        }
        guard let json = try? JSONValue(parsing: answer.body), let keys = JSONWebKey.set(json) else {
            throw DescopeFailure("Descope's keys cannot be read")
        }
        return keys
    }

    private func fields(bearer: String) -> HTTPFields {
        var fields: HTTPFields = [(.authorization, "Bearer \(bearer)"), (.accept, "application/json")]
        fields.set("x-descope-project-id", settings.projectID)
        fields.set("x-descope-sdk-name", "swift-benchmark-service")
        return fields
    }

    private static func object(_ bytes: [UInt8]) -> JSONObject? { (try? JSONValue(parsing: bytes))?.objectValue }
}

/// A failed request to Descope, or a setting for it that cannot be used.
struct DescopeFailure: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
