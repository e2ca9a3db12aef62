public import BenchmarkTransport
import Foundation

/// The sandbox APIs that a caller may name in `x-api-url`.
///
/// A service connects to whatever address its callers name; where not all of them are trusted, it should be told which
/// are sandbox APIs. Compared are scheme, host and port; the path does not count. The caller's key goes to that origin,
/// and to the toolbox address that it names, nowhere else.
public struct AllowedSandboxURLs: Sendable {
    private let origins: Set<HTTPURL.Origin>?

    /// Any address.
    public static let any = AllowedSandboxURLs(origins: nil)

    private init(origins: Set<HTTPURL.Origin>?) { self.origins = origins }

    /// The addresses of a list with commas between them, such as `https://app.daytona.io/api`.
    ///
    /// - Throws: `HTTPClientError` with code `.invalidURL` for the first that is no URL, and for a list without any.
    public init(list: String) throws(HTTPClientError) {
        var origins: Set<HTTPURL.Origin> = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            origins.insert(try HTTPURL(part.trimmingCharacters(in: .whitespaces)).origin)
        }
        self.origins = origins
    }

    /// Whether every address is allowed.
    public var isAny: Bool { origins == nil }

    /// Whether a caller may name this address; what is no URL is for the client to refuse.
    public func allows(_ address: String) -> Bool {
        guard let origins else { return true }
        guard let url = try? HTTPURL(address) else { return false }
        return origins.contains(url.origin)
    }
}
