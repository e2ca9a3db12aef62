import BenchmarkProtocol
import BenchmarkTransport

/// The address at which a port of a sandbox can be reached from outside.
public struct PreviewLink: Sendable, Hashable {
    /// The address.
    public let url: String
    /// The value of `X-Daytona-Preview-Token` if the sandbox is not public; a signed link has it in its address.
    public let token: String

    init(_ json: JSONValue) throws(SandboxError) {
        guard let url = json["url"]?.stringValue, !url.isEmpty else {
            throw SandboxError(.protocolViolation, "the answer to a preview link has no address")
        }
        (self.url, token) = (url, json["token"]?.stringValue ?? "")
    }
}

extension DaytonaSandbox {
    /// Returns the address of a port, with the token that opens it.
    public func previewLink(port: Int) async throws -> PreviewLink {
        let url = try client.address(of: id, "/ports/\(try Self.checked(port))/preview-url")
        return try PreviewLink(try await client.call(.get, url))
    }

    /// Returns an address that opens a port to anyone who has it, for a limited time.
    ///
    /// - Parameters:
    ///   - port: the port, from 1 to 65,535.
    ///   - lifetime: how long the address works, from a second to a day.
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
