/// Finds and removes the line in which a command's shell reports that it has started, and its process ID.
///
/// It is the first line of standard output, but lines of standard error may precede it. Bytes that may belong to it are
/// held back until that is certain. The marker before it stays, in case the next line has none of its own.
struct StartMark: Sendable {
    /// The process ID; `nil` until the shell has reported it.
    private(set) var processID: Int?
    private let marker = LogStream.standardOutput.marker
    private let beginning: [UInt8]
    private var held: [UInt8] = []
    private var isSought = true

    /// The most digits of a process ID; a longer number, or text that is not a number, gives none.
    private static let maxDigits = 10

    init(token: String) { beginning = marker + Array("\(token) ".utf8) }

    /// Takes the next bytes of the log and returns those that are the command's own.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard isSought else { return bytes }
        var rest = bytes
        if !held.isEmpty {
            rest = (held + bytes)[...]
            held = []
        }
        guard let start = Self.position(of: beginning, in: rest) else {
            return rest
        }
        let line = rest[start...].dropFirst(beginning.count)
        guard rest.endIndex - start >= beginning.count,
            let newline = line.prefix(Self.maxDigits + 1).firstIndex(of: 0x0A)
        else {
            if line.count > Self.maxDigits {
                isSought = false
                return rest
            }
            held = Array(rest[start...])
            return rest[..<start]
        }
        isSought = false
        processID = Int(String(decoding: line[..<newline], as: UTF8.self))
        return rest[..<(start + marker.count)] + rest[(newline + 1)...]
    }

    /// Ends the log and returns the bytes held back.
    mutating func finish() -> [UInt8] {
        isSought = false
        defer { held = [] }
        return held
    }

    /// Returns where a pattern starts, whether it is whole or cut off at the end.
    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return nil }
        var index = bytes.startIndex
        while let start = bytes[index...].firstIndex(of: first) {
            if zip(bytes[start...], pattern).allSatisfy({ $0 == $1 }) { return start }
            index = start + 1
        }
        return nil
    }
}
