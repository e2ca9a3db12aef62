import BenchmarkTransport
import Foundation

/// The command-line options every service has.
enum ServiceOptions {
    static let usage = """
        usage: \(CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent } ?? "service") [options]
          --host ADDRESS   the address to listen on (default 127.0.0.1)
          --port PORT      the port to listen on, 0 for a free one (default 8001)
          --ws-ping-interval SECONDS
                           how often a stream's caller is pinged, 0 for never (default 20)
          --ws-ping-timeout SECONDS
                           how long it may stay silent after that (default 20)
          --quiet          no line per request
          --help           this text
        """

    /// Puts the options into a configuration; prints and exits on `--help` (0) or a mistake (2).
    static func parseOrExit(_ arguments: [String], into configuration: inout ServiceConfiguration) {
        do {
            if try parse(arguments, into: &configuration) { return }
            print(usage)
            exit(0)
        } catch {
            LineLog.exit(2, "\(error.message)\n\(usage)")
        }
    }

    struct UsageError: Error, Equatable { let message: String }

    /// False if help was asked for.
    static func parse(
        _ arguments: [String],
        into configuration: inout ServiceConfiguration
    ) throws(UsageError) -> Bool {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func value() throws(UsageError) -> String {
                if parts.count == 2 { return String(parts[1]) }
                guard let next = rest.popFirst() else { throw UsageError(message: "\(argument) needs a value") }
                return next
            }
            switch parts.first {
            case "--help", "-h": return false
            case "--quiet": configuration.logsRequests = false
            case "--host": configuration.server.host = try value()
            case "--port":
                let text = try value()
                guard let port = UInt16(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw UsageError(message: "--port is a number from 0 to 65535, not '\(text)'")
                }
                configuration.server.port = port
            case "--ws-ping-interval":
                let interval = try seconds("--ws-ping-interval", try value())
                configuration.server.webSocket.pingInterval = interval == .zero ? nil : interval
            case "--ws-ping-timeout":
                configuration.server.webSocket.pongTimeout = try seconds("--ws-ping-timeout", try value())
            default: throw UsageError(message: "unknown argument '\(argument)'")
            }
        }
        return true
    }

    private static func seconds(_ name: String, _ text: String) throws(UsageError) -> Duration {
        guard let number = Double(text), (0...86_400).contains(number) else {
            throw UsageError(message: "\(name) is a number of seconds up to a day, not '\(text)'")
        }
        return .seconds(number)
    }
}
