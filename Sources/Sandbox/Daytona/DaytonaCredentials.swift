public import BenchmarkTransport

/// The address of a Daytona deployment and the key to it, as a service gets them in the `x-api-…` headers.
///
/// The textual description leaves out the key.
public struct DaytonaCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The opaque key.
    public var apiKey: String
    /// The address of the control plane, including its `/api`.
    public var apiURL: String
    /// The region; sent only in create requests.
    public var target: String
    /// The organization to use if the key is a token of a user who may belong to several; `nil` for an API key.
    public var organizationID: String?

    /// Creates credentials from their parts.
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

    /// The address and region.
    public var description: String { "\(apiURL), target '\(target)'" }

    /// The address and region, so that printing the whole value does not print the key.
    public var customMirror: Mirror { Mirror(self, children: ["apiURL": apiURL, "target": target]) }
}
