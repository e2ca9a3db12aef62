/// Where a line of a command's log came from.
package enum LogStream: Sendable, Hashable, CaseIterable {
    case standardOutput
    case standardError

    /// The three bytes that precede text of this stream in the log.
    package var marker: [UInt8] { [byte, byte, byte] }

    private var byte: UInt8 { self == .standardOutput ? 1 : 2 }
}
