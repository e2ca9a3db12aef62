public import BenchmarkTransport

/// How access keys are exchanged with Descope.
public struct DescopeSettings: Sendable {
    /// The project whose access keys are accepted, and the audience of its tokens.
    public var projectID: String
    /// Where Descope is, without a slash at the end; by default where the project's region is.
    public var baseURL: String
    /// The key that projects which demand one are called with, besides the access key; nil for none.
    public var managementKey: String?
    /// A key of the project, as a JWK in JSON, which is known before any is fetched; nil for none.
    public var publicKey: String?
    /// How long an access key that has been accepted is not asked about again.
    public var cacheTTL = Duration.seconds(300)
    /// How many accepted access keys are remembered.
    public var maxCachedKeys = 1024
    /// How long a decision may take: the exchange, its repetitions, and the fetching of keys.
    public var timeout = Duration.seconds(60)
    /// Whom `https` trusts, and the like.
    public var client = HTTPClientConfiguration()

    /// The settings of a project.
    public init(projectID: String) {
        self.projectID = projectID
        baseURL = Self.baseURL(of: projectID)
    }

    /// What the environment says: `DESCOPE_PROJECT_ID`, `DESCOPE_BASE_URI`, `DESCOPE_AUTH_MANAGEMENT_KEY`,
    /// `DESCOPE_PUBLIC_KEY`, `DESCOPE_AUTH_CACHE_TTL_SECONDS`, `DESCOPE_TIMEOUT_SECONDS`.
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

    /// Long project ids have the region behind their first character.
    private static func baseURL(of projectID: String) -> String {
        let region = projectID.count >= 32 ? "." + projectID.dropFirst().prefix(4) : ""
        return "https://api\(region).descope.com"
    }
}
