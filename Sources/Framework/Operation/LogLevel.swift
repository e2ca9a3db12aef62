/// The severity of a log line.
public enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// Details for finding a fault.
    case debug
    /// Normal operation.
    case info
    /// Something that may be wrong.
    case warning
    /// Something that is wrong.
    case error

    /// The name, as in `LOG_LEVEL`.
    public var description: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// The level with a name, in upper or lower case; `nil` for any other text.
    public init?(named name: String) {
        guard let level = Self.allCases.first(where: { $0.description == name.lowercased() }) else { return nil }
        self = level
    }

    /// Returns whether one level is less severe than another.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
