public import BenchmarkTransport
import Foundation

/// The authentication of a service that does not implement its own: Descope, one static key, or none.
///
/// With a static key, a request must carry `authorization: Bearer <key>`, compared byte for byte. With Descope, it must
/// carry an access key of the project in `x-descope-api-key`, and the access key must belong to exactly one tenant.
/// Accepted access keys are remembered for ``DescopeSettings/cacheTTL``.
public struct BuiltInAuthentication: Sendable {
    private enum Mode: Sendable {
        case open
        case key(SecretDigest)
        case descope(DescopeSettings, DescopeAuthenticator?)
    }
    private var mode: Mode

    /// Authentication with a static key; `nil` or an empty key lets everyone in.
    public init(apiKey: String?) {
        mode = apiKey.flatMap { $0.isEmpty ? nil : .key(SecretDigest(of: Array("Bearer \($0)".utf8))) } ?? .open
    }

    /// Authentication by Descope.
    ///
    /// Without a project id, everyone is refused.
    public init(descope settings: DescopeSettings) { mode = .descope(settings, nil) }

    /// The authentication that the environment selects: Descope if `AUTH_REQUIRED` is `1`, `true`, `yes` or `on`, in
    /// upper or lower case, else the static key in `BENCHMARK_API_KEY`, else open.
    public init(environment: [String: String]) {
        let required = ["1", "true", "yes", "on"].contains(environment["AUTH_REQUIRED"]?.lowercased())
        if required {
            self.init(descope: DescopeSettings(environment: environment))
        } else {
            self.init(apiKey: environment["BENCHMARK_API_KEY"])
        }
    }

    /// The authentication of the app that the calling code runs for.
    @TaskLocal static var current = BuiltInAuthentication(environment: ProcessInfo.processInfo.environment)

    /// Whether everyone is let in.
    public var isOpen: Bool { if case .open = mode { true } else { false } }

    /// How callers authenticate.
    enum Kind: Sendable, Hashable {
        case open
        /// With the static key.
        case key
        /// With an access key of a Descope project.
        case descope
    }

    /// How callers authenticate, unless the service implements its own authentication.
    var kind: Kind {
        switch mode {
        case .open: .open
        case .key: .key
        case .descope: .descope
        }
    }

    /// A warning, logged at start, if the settings refuse everyone or expose access keys; `nil` otherwise.
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

    /// Returns the same authentication, ready to ask Descope, and with a log for the reasons of refusals.
    ///
    /// - Throws: ``ServiceError`` that names the setting that cannot be used.
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

    /// Returns whether a request with these header fields is allowed.
    ///
    /// Comparing a static key takes the same time wherever it differs.
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
