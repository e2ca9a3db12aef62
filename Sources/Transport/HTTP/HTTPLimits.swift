/// The limits on a message's parts, each against a peer that would make the decoder hold or do too much.
public struct HTTPLimits: Sendable, Hashable {
    /// The maximum length of the request or status line.
    ///
    /// Clients send very long ID lists in the query: 260 KB have been seen.
    public var maxStartLineBytes = 256 * 1024
    /// The maximum length of the header section, line ends included.
    ///
    /// 200 KB have been seen.
    public var maxHeaderBytes = 256 * 1024
    /// The maximum number of lines in the header or trailer section.
    public var maxHeaderCount = 1000
    /// The maximum length of a body, however it is framed.
    public var maxBodyBytes = 64 << 20
    /// The maximum length of the line with a chunk's size and extensions.
    public var maxChunkLineBytes = 4096
    /// The maximum length of the extensions of all chunks of a body together; extensions are not used in practice.
    public var maxChunkExtensionBytes = 16 * 1024
    /// The maximum length of the trailer section.
    public var maxTrailerBytes = 16 * 1024

    /// Creates the default limits.
    public init() {}
}
