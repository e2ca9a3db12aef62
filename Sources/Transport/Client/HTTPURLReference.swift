extension HTTPURL {
    /// Resolves a reference, such as the value of a `location` field, against this URL (RFC 3986 §5.2).
    ///
    /// It may be absolute, with a scheme of its own, or relative to this URL's scheme, host or path. Its fragment is
    /// dropped, as it is not meant for servers.
    public func resolve(_ reference: String) throws(HTTPClientError) -> HTTPURL {
        // Works on bytes: a combining mark would hide the character before it.
        let bytes = reference.utf8.prefix { $0 != UInt8(ascii: "#") }
        let text = String(Substring(bytes))
        if Self.hasScheme(bytes) { return try HTTPURL(text) }
        if bytes.isEmpty { return self }
        if bytes.starts(with: "//".utf8) {
            guard socketPath == nil else { throw HTTPClientError(.invalidURL, "no host to go to: '\(reference)'") }
            return try HTTPURL("\(isSecure ? "https" : "http"):\(text)")
        }
        let path = Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") })
        if bytes.first == UInt8(ascii: "?") { return try HTTPURL(prefix + path + text) }
        let query = Substring(bytes[(bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex)...])
        let referencePath = Substring(bytes.prefix { $0 != UInt8(ascii: "?") })
        let merged: String
        if bytes.first == UInt8(ascii: "/") {
            merged = String(referencePath)
        } else {
            let directory = path.utf8[..<(path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
            merged = "\(Substring(directory))/\(referencePath)"
        }
        return try HTTPURL(prefix + Self.withoutDotSegments(merged) + query)
    }

    /// Returns whether a reference starts with a scheme (RFC 3986 §3.1); a later colon is part of a path or a query.
    private static func hasScheme(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        let rest = bytes.drop { isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
        return rest.first == UInt8(ascii: ":")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { HTTPSyntax.lowercased(byte) &- 0x61 < 26 }

    /// Removes the dot segments from the path of a merged reference (RFC 3986 §5.2.4); nothing is above the root.
    private static func withoutDotSegments(_ path: String) -> String {
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        var kept: [Substring] = []
        for (index, segment) in zip(segments.indices, segments) {
            let isLast = index == segments.index(before: segments.endIndex)
            if segment.elementsEqual("..".utf8) {
                _ = kept.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                kept.append(Substring(segment))
                continue
            }
            if isLast { kept.append("") }
        }
        return "/" + kept.joined(separator: "/")
    }
}
