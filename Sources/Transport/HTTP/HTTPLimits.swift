/// The ceilings of a message's parts, each against a peer that would make the decoder hold or do too much.
public struct HTTPLimits: Sendable, Hashable {
    /// The request or status line.
    ///
    /// Clients send very long id lists in the query: 260 KB were seen.
    public var maxStartLineBytes = 256 * 1024
    /// The header section, line ends included.
    ///
    /// 200 KB were seen.
    public var maxHeaderBytes = 256 * 1024
    /// The lines of the header section.
    public var maxHeaderCount = 1000
    /// The body of a message, however it is framed.
    public var maxBodyBytes = 64 << 20
    /// The line of a chunk's size with its extensions.
    public var maxChunkLineBytes = 4096
    /// The extensions of all chunks of a body together; nobody needs any.
    public var maxChunkExtensionBytes = 16 * 1024
    /// The trailer section.
    public var maxTrailerBytes = 16 * 1024

    /// The defaults.
    public init() {}
}
