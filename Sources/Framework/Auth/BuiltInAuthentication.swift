public import BenchmarkTransport
import Foundation

/// The authentication of a service that does not bring its own: Descope, one static key, or open.
///
/// With a static key, a request must carry `authorization: Bearer <key>`, to the byte. With Descope, it carries an access
/// key of the project in `x-descope-api-key`, and the access key must belong to exactly one tenant; what Descope has
/// accepted is remembered for ``DescopeSettings/cacheTTL``.
public struct BuiltInAuthentication: Sendable {
    private enum Mode: Sendable {
        case open
        case key(SecretDigest)
        case descope(DescopeSettings, DescopeAuthenticator?)
    }
    private var mode: Mode

    /// Authentication with a static key; nil or empty lets everybody in.
    public init(apiKey: String?) {
        mode = apiKey.flatMap { $0.isEmpty ? nil : .key(SecretDigest(of: Array("Bearer \($0)".utf8))) } ?? .open
    }

    /// Authentication by Descope.
    ///
    /// Without a project nobody is let in.
    public init(descope settings: DescopeSettings) { mode = .descope(settings, nil) }

    /// What the environment says: Descope if `AUTH_REQUIRED` is `1`, `true`, `yes` or `on` in upper or lower case, else
    /// the static key of `BENCHMARK_API_KEY`, else open.
    public init(environment: [String: String]) {
        let required = ["1", "true", "yes", "on"].contains(environment["AUTH_REQUIRED"]?.lowercased())
        if required {
            self.init(descope: DescopeSettings(environment: environment))
        } else {
            self.init(apiKey: environment["BENCHMARK_API_KEY"])
        }
    }

    /// The authentication of the app on whose behalf the calling code runs.
    @TaskLocal static var current = BuiltInAuthentication(environment: ProcessInfo.processInfo.environment)

    /// Whether everybody is let in.
    public var isOpen: Bool { if case .open = mode { true } else { false } }

    /// How a caller shows who it is.
    enum Kind: Sendable, Hashable {
        case open
        /// By the static key.
        case key
        /// By an access key of a project.
        case descope
    }

    /// How a caller shows who it is, unless the service brings its own authentication.
    var kind: Kind {
        switch mode {
        case .open: .open
        case .key: .key
        case .descope: .descope
        }
    }

    /// What is said at start about a configuration that lets nobody in, or keys out; nil if it does neither.
    var problem: String? {
        guard case .descope(let settings, _) = mode else { return nil }
        if settings.projectID.isEmpty {
            return "AUTH_REQUIRED is set, but DESCOPE_PROJECT_ID is not: every request will be refused"
        }
        guard let url = try? HTTPURL(settings.baseURL), !url.isSecure, url.host != "localhost",
            SocketAddress(literal: url.host, port: 0)?.isLoopback != true
        else { return nil }
        return "DESCOPE_BASE_URI is '\(settings.baseURL)': access keys will be sent there in clear text"
    }

    /// The same, ready to ask Descope, and with a log to say why somebody is refused.
    ///
    /// - Throws: ``ServiceError`` that names the setting which cannot be used.
    func started(log: ServiceLog) throws -> BuiltInAuthentication {
        guard case .descope(let settings, _) = mode, !settings.projectID.isEmpty else { return self }
        var result = self
        do {
            result.mode = .descope(settings, try DescopeAuthenticator(settings, log: log))
        } catch let error as HTTPClientError {
            throw ServiceError(.invalidData, "Descope cannot be asked at '\(settings.baseURL)': \(error)")
        } catch let error as DescopeFailure {
            throw ServiceError(.invalidData, error.description)
        }
        return result
    }

    /// Whether the request may pass.
    ///
    /// Takes the same time wherever a key differs.
    public func allows(_ headers: HTTPFields) async -> Bool {
        switch mode {
        case .open: return true
        case .key(let expected): return SecretDigest(of: headers.rawValue(of: .authorization) ?? []) == expected
        case .descope(_, let authenticator):
            guard let authenticator, let key = headers["x-descope-api-key"] else { return false }
            return await authenticator.allows(Array(key.utf8))
        }
    }
}
