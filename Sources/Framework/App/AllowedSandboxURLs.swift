public import BenchmarkTransport
import Foundation

/// The sandbox APIs that a caller may name in `x-api-url`.
///
/// A service connects to whatever address its callers name. If not all callers are trusted, restrict it to known
/// sandbox APIs. The scheme, host and port are compared; the path is ignored. The caller's key is sent to that origin
/// and to the toolbox address that it names, and nowhere else.
public struct AllowedSandboxURLs: Sendable {
    private let origins: Set<HTTPURL.Origin>?

    /// Any address.
    public static let any = AllowedSandboxURLs(origins: nil)

    private init(origins: Set<HTTPURL.Origin>?) { self.origins = origins }

    /// The addresses in a comma-separated list, such as `https://app.daytona.io/api`.
    ///
    /// - Throws: `HTTPClientError` with code `.invalidURL` for the first entry that is not a URL, and for an empty
    ///   list.
    public init(list: String) throws(HTTPClientError) {
        var origins: Set<HTTPURL.Origin> = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            origins.insert(try HTTPURL(part.trimmingCharacters(in: .whitespaces)).origin)
        }
        self.origins = origins
    }

    /// Whether every address is allowed.
    public var isAny: Bool { origins == nil }

    /// Returns whether a caller may name an address.
    ///
    /// If any address is allowed, so is a text that is not a URL: the client refuses it.
    public func allows(_ address: String) -> Bool {
        guard let origins else { return true }
        guard let url = try? HTTPURL(address) else { return false }
        return origins.contains(url.origin)
    }
}
