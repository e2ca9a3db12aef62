public import BenchmarkTransport

/// Where a Daytona deployment is, and the key to it: what a service gets in the `x-api-…` headers.
public struct DaytonaCredentials: Sendable, Hashable {
    /// The key, opaque.
    public var apiKey: String
    /// The address of the control plane, with its `/api`.
    public var apiURL: String
    /// The region; part of create requests only.
    public var target: String

    /// Credentials of the given parts.
    public init(apiKey: String, apiURL: String, target: String) {
        (self.apiKey, self.apiURL, self.target) = (apiKey, apiURL, target)
    }

    /// The three headers of a request to a benchmark service.
    public var headers: HTTPFields {
        var fields = HTTPFields()
        fields.set("x-api-key", apiKey)
        fields.set("x-api-url", apiURL)
        fields.set("x-target", target)
        return fields
    }
}
