public import BenchmarkTransport

/// The settings for exchanging access keys with Descope.
public struct DescopeSettings: Sendable {
    /// The id of the project whose access keys are accepted, which is also the audience of its tokens.
    public var projectID: String
    /// The base URL of Descope, without a trailing slash; by default that of the project's region.
    public var baseURL: String
    /// The management key, for projects that require one in addition to the access key; `nil` for none.
    public var managementKey: String?
    /// A public key of the project, as a JWK in JSON, that is known before any are fetched; `nil` for none.
    public var publicKey: String?
    /// How long an accepted access key is remembered.
    public var cacheTTL = Duration.seconds(300)
    /// The maximum number of accepted access keys that are remembered.
    public var maxCachedKeys = 1024
    /// How long a decision may take, including the exchange, its retries, and fetching the project's keys.
    public var timeout = Duration.seconds(60)
    /// The configuration of the HTTP client, such as the certificates that it trusts.
    public var client = HTTPClientConfiguration()

    /// The settings of a project.
    public init(projectID: String) {
        self.projectID = projectID
        baseURL = Self.baseURL(of: projectID)
    }

    /// The settings in the environment: `DESCOPE_PROJECT_ID`, `DESCOPE_BASE_URI`, `DESCOPE_AUTH_MANAGEMENT_KEY`,
    /// `DESCOPE_PUBLIC_KEY`, `DESCOPE_AUTH_CACHE_TTL_SECONDS`, `DESCOPE_TIMEOUT_SECONDS`.
    ///
    /// Seconds that are not a whole number count as absent; ``BenchmarkServiceApp/run(arguments:)`` refuses such a
    /// `DESCOPE_TIMEOUT_SECONDS`, while the service contract prescribes the default for the other.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.init(projectID: value("DESCOPE_PROJECT_ID") ?? "")
        if var url = value("DESCOPE_BASE_URI") {
            while url.hasSuffix("/") { url.removeLast() }
            baseURL = url
        }
        (managementKey, publicKey) = (value("DESCOPE_AUTH_MANAGEMENT_KEY"), value("DESCOPE_PUBLIC_KEY"))
        func seconds(_ name: String) -> Duration? { value(name).flatMap { Int32($0) }.map { .seconds(max(1, $0)) } }
        cacheTTL = seconds("DESCOPE_AUTH_CACHE_TTL_SECONDS") ?? cacheTTL
        timeout = seconds("DESCOPE_TIMEOUT_SECONDS") ?? timeout
    }

    /// Long project ids contain the region, after their first character.
    private static func baseURL(of projectID: String) -> String {
        let region = projectID.count >= 32 ? "." + projectID.dropFirst().prefix(4) : ""
        return "https://api\(region).descope.com"
    }
}
