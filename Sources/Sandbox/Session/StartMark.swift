/// Finds, and takes out, the line by which a command's shell says that it has begun, and as which process.
///
/// It is the first line of standard output, but lines of standard error may come before it. Bytes that may belong to it
/// are held back until that is known.
struct StartMark: Sendable {
    /// The number of the process; nil until it has said so.
    private(set) var processID: Int?
    private var beginning: [UInt8]
    private var held: [UInt8] = []
    private var isSought = true

    /// Of a longer number, or of what is no number, nothing is kept.
    private static let maxDigits = 10

    init(token: String) { beginning = LogStream.standardOutput.marker + Array("\(token) ".utf8) }

    /// Takes the next bytes of the log and returns what is the command's.
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
        return newline + 1 == rest.endIndex ? rest[..<start] : rest[..<start] + rest[(newline + 1)...]
    }

    /// The log is complete: returns what was held back.
    mutating func finish() -> [UInt8] {
        isSought = false
        defer { held = [] }
        return held
    }

    /// Where a pattern is, whole or cut at the end.
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
