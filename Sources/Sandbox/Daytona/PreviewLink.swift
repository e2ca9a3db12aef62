import BenchmarkProtocol
import BenchmarkTransport

/// Where a port of a sandbox can be reached from outside.
public struct PreviewLink: Sendable, Hashable {
    /// The address.
    public let url: String
    /// What to send as `X-Daytona-Preview-Token` where the sandbox is not public; a signed link has it in its address.
    public let token: String

    init(_ json: JSONValue) throws(SandboxError) {
        guard let url = json["url"]?.stringValue, !url.isEmpty else {
            throw SandboxError(.protocolViolation, "the answer to a preview link has no address")
        }
        (self.url, token) = (url, json["token"]?.stringValue ?? "")
    }
}

extension DaytonaSandbox {
    /// The address of a port, with the token that opens it.
    public func previewLink(port: Int) async throws -> PreviewLink {
        let url = try client.address(of: id, "/ports/\(try Self.checked(port))/preview-url")
        return try PreviewLink(try await client.call(.get, url))
    }

    /// The address of a port that opens it to whoever has it, for a time.
    ///
    /// - Parameters:
    ///   - port: from 1 to 65,535.
    ///   - lifetime: a second to a day.
    public func signedPreviewLink(port: Int, lifetime: Duration = .seconds(60)) async throws -> PreviewLink {
        let seconds = lifetime.components.seconds
        guard (1...86_400).contains(seconds) else {
            throw SandboxError(.invalidRequest, "a signed link lives for a second to a day, not for \(lifetime)")
        }
        let path = "/ports/\(try Self.checked(port))/signed-preview-url?expiresInSeconds=\(seconds)"
        return try PreviewLink(try await client.call(.get, try client.address(of: id, path)))
    }

    private static func checked(_ port: Int) throws(SandboxError) -> Int {
        guard (1...65_535).contains(port) else { throw SandboxError(.invalidRequest, "\(port) is not a valid port") }
        return port
    }
}
