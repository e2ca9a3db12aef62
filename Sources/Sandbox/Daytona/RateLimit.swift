import BenchmarkTransport
import Glibc

/// How long a server that limits a client's requests asks it to wait.
///
/// Daytona has several limits at a time and names each in a suffix: `Retry-After-sandbox-create`,
/// `X-RateLimit-Reset-authenticated`. Proxies send the plain `Retry-After` (RFC 9110 §10.2.3).
enum RateLimit {
    /// The longest pause that is read, in seconds; a longer one is cut to this.
    static let longestPause = 86_400

    /// Returns the longest pause that the fields ask for: by `Retry-After`, otherwise by the limits that are exhausted.
    ///
    /// - Parameter now: the current time, in seconds since 1970.
    static func pause(_ fields: HTTPFields, now: Int = time(nil)) -> Duration? {
        var (explicit, resets) = (Int?.none, Int?.none)
        for (name, value) in fields {
            let name = name.description
            if let suffix = suffix(of: name, behind: "retry-after"), isSuffix(suffix), let seconds = seconds(value, now)
            {
                explicit = max(explicit ?? 0, seconds)
            }
            if let suffix = suffix(of: name, behind: "x-ratelimit-reset"), isSuffix(suffix),
                let seconds = seconds(value, now), Int(fields["x-ratelimit-remaining\(suffix)"] ?? "0") == 0
            {
                resets = max(resets ?? 0, seconds)
            }
        }
        return (explicit ?? resets).map { .seconds($0) }
    }

    private static func suffix(of name: String, behind prefix: String) -> Substring? {
        name.utf8.starts(with: prefix.utf8) ? Substring(name.utf8.dropFirst(prefix.utf8.count)) : nil
    }

    private static func isSuffix(_ text: Substring) -> Bool { text.utf8.first.map { $0 == UInt8(ascii: "-") } ?? true }

    /// Reads whole seconds or a date; returns `nil` for anything else, such as a negative number.
    private static func seconds(_ text: String, _ now: Int) -> Int? {
        if let date = HTTPDate.parse(text) { return min(max(0, Int(date) - now), longestPause) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !text.isEmpty else { return nil }
        return min(Int(text) ?? longestPause, longestPause)
    }
}
