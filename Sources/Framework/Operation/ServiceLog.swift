import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport
import Glibc

/// The log of a service on standard error: text for people if that is a terminal, else one JSON object per line.
///
/// It never contains a key or a body.
struct ServiceLog: Sendable {
    /// Further facts about a line, by name.
    typealias Fields = [(name: String, value: JSONValue)]

    private let lines: LineLog
    private let level: LogLevel
    private let isText: Bool

    /// - Parameters:
    ///   - level: the lowest level that is logged.
    ///   - isText: whether to write text; `nil` if that depends on whether standard error is a terminal.
    init(_ lines: LineLog = .standardError, level: LogLevel = .info, isText: Bool? = nil) {
        (self.lines, self.level) = (lines, level)
        self.isText = isText ?? Self.isForPeople
    }

    /// Whether standard error is a terminal.
    private static var isForPeople: Bool { isatty(STDERR_FILENO) == 1 }

    /// Appends a line.
    ///
    /// - Parameters:
    ///   - text: the text for people, in place of the message and its fields; `nil` for these.
    func write(_ level: LogLevel, _ message: String, _ fields: Fields = [], text: String? = nil) {
        if level < self.level { return }
        lines.write(isText ? text ?? Self.text(level, message, fields) : Self.json(level, message, fields))
    }

    /// Writes the pending lines; returns when they are written.
    ///
    /// Blocks for as long as standard error does.
    func flush() { lines.flush() }

    /// Logs why the process cannot go on, and exits.
    func exit(_ status: Int32, _ reason: String) -> Never {
        write(.error, reason)
        flush()
        Glibc.exit(status)
    }

    /// Returns the line that says how many lines were dropped because the reader of standard error was too slow.
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

    /// Appends the line of a request that has been answered.
    ///
    /// - Parameter client: the client that sent the request.
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
