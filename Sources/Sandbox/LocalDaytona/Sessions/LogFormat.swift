/// The format in which a command's log is sent, which depends on the version of the client's SDK.
enum LogFormat: Sendable, Equatable {
    /// The text of both streams in the order of the log, without markers.
    case plainText
    /// The log as it is, with markers.
    case markedText
    /// A JSON object with the log and each of its streams.
    case json

    /// Creates the format for a client.
    ///
    /// - Parameters:
    ///   - version: the value of `X-Daytona-SDK-Version`, or what follows `~` in the WebSocket subprotocol.
    ///   - keepsMarkers: whether `X-Daytona-Split-Output` is `true`; ignored if there is a version.
    init(version: String?, keepsMarkers: Bool) {
        guard let version, !version.isEmpty else {
            self = keepsMarkers ? .markedText : .plainText
            return
        }
        if version.utf8.contains("dev".utf8) {
            self = .json
        } else if let parsed = SDKVersion(version) {
            if parsed < SDKVersion(major: 0, minor: 27, patch: 0, isPrerelease: false) {
                self = .plainText
            } else {
                let first = SDKVersion(major: 0, minor: 167, patch: 0, isPrerelease: false)
                self = parsed < first ? .markedText : .json
            }
        } else {
            self = .markedText
        }
    }
}

/// The version of an SDK release; a suffix directly after the numbers marks a pre-release, which precedes the release.
struct SDKVersion: Comparable {
    let major: Int
    let minor: Int
    let patch: Int
    let isPrerelease: Bool

    init(major: Int, minor: Int, patch: Int, isPrerelease: Bool) {
        (self.major, self.minor, self.patch, self.isPrerelease) = (major, minor, patch, isPrerelease)
    }

    /// Reads a version of the form `X.Y.Z`, with an optional `v` before and suffix after it; `nil` for anything else.
    init?(_ text: String) {
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "v") { rest = rest.dropFirst() }
        func number() -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.isEmpty ? nil : Int(Substring(digits))
        }
        func dot() -> Bool {
            guard rest.first == UInt8(ascii: ".") else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let major = number(), dot(), let minor = number(), dot(), let patch = number() else { return nil }
        // Build metadata after a plus sign does not count (Semantic Versioning §10).
        let isPrerelease = !rest.isEmpty && rest.first != UInt8(ascii: "+")
        self.init(major: major, minor: minor, patch: patch, isPrerelease: isPrerelease)
    }

    static func < (left: Self, right: Self) -> Bool {
        let (l, r) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        return l == r ? left.isPrerelease && !right.isPrerelease : l < r
    }
}
