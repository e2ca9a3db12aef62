/// How much of a command's log has been taken, across any number of looks at it from its beginning.
///
/// The log is a journal that only grows, so a number says it all.
struct LogPosition: Sendable {
    /// The number of bytes of the log that were taken.
    private(set) var offset = 0
    /// The number of bytes that the present look at the log has brought.
    private(set) var seen = 0

    /// The next bytes are the log's first ones.
    mutating func beginReplay() { seen = 0 }

    /// Takes bytes, and returns those that had not been taken before.
    mutating func take(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let known = min(bytes.count, max(0, offset - seen))
        seen += bytes.count
        offset = max(offset, seen)
        return bytes[known...]
    }
}
