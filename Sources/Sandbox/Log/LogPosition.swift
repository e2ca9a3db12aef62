/// How much of a command's log has been taken, over any number of passes through it from its beginning.
///
/// The log only ever grows, so one number is enough.
struct LogPosition: Sendable {
    /// The number of bytes of the log taken so far.
    private(set) var offset = 0
    /// The number of bytes that have arrived in the current pass.
    private(set) var seen = 0

    /// Starts a new pass: the next bytes are the first of the log.
    mutating func beginReplay() { seen = 0 }

    /// Takes bytes and returns those that had not been taken before.
    mutating func take(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let known = min(bytes.count, max(0, offset - seen))
        seen += bytes.count
        offset = max(offset, seen)
        return bytes[known...]
    }
}
