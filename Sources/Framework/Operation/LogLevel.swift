/// How much a line of the log matters.
public enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// For those who look for a fault.
    case debug
    /// What happens.
    case info
    /// What may be wrong.
    case warning
    /// What is wrong.
    case error

    /// The name, as `LOG_LEVEL` has it.
    public var description: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// The level of a name, in upper or lower case; nil for another text.
    public init?(named name: String) {
        guard let level = Self.allCases.first(where: { $0.description == name.lowercased() }) else { return nil }
        self = level
    }

    /// Whether one matters less than the other.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
