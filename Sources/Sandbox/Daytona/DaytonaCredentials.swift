public import BenchmarkTransport

/// Where a Daytona deployment is, and the key to it: what a service gets in the `x-api-…` headers.
///
/// As a text, without the key.
public struct DaytonaCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The key, opaque.
    public var apiKey: String
    /// The address of the control plane, with its `/api`.
    public var apiURL: String
    /// The region; part of create requests only.
    public var target: String
    /// The organization that is meant, where the key is a token of a user who may belong to several; nil for a key.
    public var organizationID: String?

    /// Credentials of the given parts.
    public init(apiKey: String, apiURL: String, target: String, organizationID: String? = nil) {
        (self.apiKey, self.apiURL, self.target) = (apiKey, apiURL, target)
        self.organizationID = organizationID
    }

    /// The three headers of a request to a benchmark service.
    public var headers: HTTPFields {
        var fields = HTTPFields()
        fields.set("x-api-key", apiKey)
        fields.set("x-api-url", apiURL)
        fields.set("x-target", target)
        return fields
    }

    /// Address and region.
    public var description: String { "\(apiURL), target '\(target)'" }

    /// Address and region: what prints whole values must not print the key.
    public var customMirror: Mirror { Mirror(self, children: ["apiURL": apiURL, "target": target]) }
}
