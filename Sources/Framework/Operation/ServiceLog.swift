import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport
import Glibc

/// What a service tells on standard error: text for people where that is a terminal, else one JSON object a line.
///
/// Never a key, and never a body.
struct ServiceLog: Sendable {
    /// More about a line, by name.
    typealias Fields = [(name: String, value: JSONValue)]

    private let lines: LineLog
    private let level: LogLevel
    private let isText: Bool

    /// - Parameters:
    ///   - level: what matters less is left out.
    ///   - isText: nil for what the reader of standard error is.
    init(_ lines: LineLog = .standardError, level: LogLevel = .info, isText: Bool? = nil) {
        (self.lines, self.level) = (lines, level)
        self.isText = isText ?? Self.isForPeople
    }

    /// Whether standard error is a terminal.
    private static var isForPeople: Bool { isatty(STDERR_FILENO) == 1 }

    /// Appends a line.
    ///
    /// - Parameters:
    ///   - text: what people get instead of the message and its fields; nil for these.
    func write(_ level: LogLevel, _ message: String, _ fields: Fields = [], text: String? = nil) {
        if level < self.level { return }
        lines.write(isText ? text ?? Self.text(level, message, fields) : Self.json(level, message, fields))
    }

    /// Writes what is pending now; returns when it is written.
    ///
    /// Blocks for as long as standard error does.
    func flush() { lines.flush() }

    /// Notes why the process cannot go on, and ends it.
    func exit(_ status: Int32, _ reason: String) -> Never {
        write(.error, reason)
        flush()
        Glibc.exit(status)
    }

    /// The line that says how many were left out because standard error's reader was too slow.
    static func dropped(_ count: Int, isText: Bool? = nil) -> String {
        let message = "\(count) lines of the log were dropped"
        return isText ?? isForPeople ? text(.warning, message, []) : json(.warning, message, [])
    }

    private static func text(_ level: LogLevel, _ message: String, _ fields: Fields) -> String {
        let prefix = level == .info ? "" : "\(level): "
        return prefix + message + fields.map { " \($0.name)=\(Self.plain($0.value))" }.joined()
    }

    private static func plain(_ value: JSONValue) -> String {
        value.stringValue ?? (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func json(_ level: LogLevel, _ message: String, _ fields: Fields) -> String {
        var object: JSONObject = [
            "time": .string(Timestamp().milliseconds), "level": .string(level.description),
            "message": .string(message),
        ]
        for (name, value) in fields { object[name] = value }
        return plain(.object(object))
    }

    /// The line of a request that has been answered.
    ///
    /// - Parameter client: whose it was.
    func write(_ record: HTTPAccessRecord, from client: SocketAddress) {
        let fields: Fields = [
            ("method", .string(record.method)), ("target", .string(record.target)), ("status", .int(record.status)),
            ("client", .string(client.host)), ("milliseconds", .double(Double(record.tenthsOfMilliseconds) / 10)),
            ("request_id", record.requestID.map { .string($0) } ?? .null),
        ]
        write(.info, "request", fields, text: record.line(client))
    }
}

extension HTTPAccessRecord {
    fileprivate var tenthsOfMilliseconds: Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 10_000 + attoseconds / 100_000_000_000_000
    }

    /// `127.0.0.1 "GET /health" 200 0.2ms`.
    fileprivate func line(_ client: SocketAddress) -> String {
        let tenths = tenthsOfMilliseconds
        let id = requestID.map { " \($0)" } ?? ""
        return "\(client.host) \"\(method) \(target)\" \(status) \(tenths / 10).\(tenths % 10)ms\(id)"
    }
}
