import BenchmarkProtocol
import BenchmarkTransport

/// The logs of session commands, complete or followed over a WebSocket.
struct ToolboxLogs: Sendable {
    let loop: EventLoop
    /// How long a follower waits after the end of a command before it closes.
    let quietPeriod: Duration
    let faults: FaultInjector

    private static let maxPieceBytes = 64 * 1024
    /// The maximum size of a log that is returned in one piece.
    private static let maxWholeBytes = 256 * 1024 * 1024

    /// Answers a request for the log of an existing command.
    func reply(to request: APIRequest, _ session: LocalSession, _ id: String) async throws -> HTTPServerResponse {
        // The daemon compares the value case-sensitively: another spelling gets the complete log.
        guard request.fields["upgrade"] == "websocket" else { return try await whole(request, session, id) }
        let subprotocol = Self.subprotocol(of: request)
        let isPlain = Self.format(of: request) == .plainText
        let follows = request.isTrue("follow")
        if let fault = faults.strike(.refuseUpgrade, method: request.method, route: request.route) {
            return .empty(fault.value)
        }
        let streamFaults = StreamFaults(faults, method: request.method, route: request.route)
        return HTTPServerResponse(
            status: .switchingProtocols,
            fields: subprotocol.map { [(.secWebSocketProtocol, $0.whole)] } ?? [],
            body: .webSocket { socket in
                let follower = LogFollower(
                    session: session,
                    command: id,
                    removesMarkers: isPlain,
                    follows: follows,
                    quietPeriod: quietPeriod,
                    faults: streamFaults,
                    loop: loop
                )
                await follower.run(socket)
            }
        )
    }

    /// Returns the subprotocol in which an SDK in a browser sends its version.
    private static func subprotocol(of request: APIRequest) -> (whole: String, version: String)? {
        for offer in (request.fields["sec-websocket-protocol"] ?? "").split(separator: ",") {
            let whole = offer.drop { $0 == " " }.prefix { $0 != " " }
            let parts = whole.split(separator: "~", maxSplits: 1)
            if parts.count == 2, parts[0] == "X-Daytona-SDK-Version" { return (String(whole), String(parts[1])) }
        }
        return nil
    }

    private static func format(of request: APIRequest) -> LogFormat {
        LogFormat(
            version: request.fields["x-daytona-sdk-version"] ?? subprotocol(of: request)?.version,
            keepsMarkers: request.fields["x-daytona-split-output"] == "true"
        )
    }

    // MARK: As a whole

    private func whole(_ request: APIRequest, _ session: LocalSession, _ id: String) async throws -> HTTPServerResponse
    {
        let log = try await session.currentLog(of: id)
        switch Self.format(of: request) {
        case .json:
            return try await Self.work(on: log) { bytes in
                .json(200, .object(JSONObject(Self.texts(of: bytes, .json))))
            }
        case .markedText:
            let count = log.count
            return .text(
                .stream(length: count) { writer in
                    var offset = 0
                    while offset < count {
                        let maxCount = min(Self.maxPieceBytes, count - offset)
                        guard case .bytes(let bytes) = await session.log(of: id, from: offset, maxCount: maxCount)
                        else {
                            throw APIError(500, "the log has gone")
                        }
                        try await writer.write(bytes)
                        offset += bytes.count
                    }
                }
            )
        case .plainText: return try await Self.work(on: log) { .text(.bytes(Self.withoutMarkers($0))) }
        }
    }

    /// Returns the response to a synchronous command, with the log in the members that the client's SDK expects.
    func reply(
        about state: LocalSession.CommandState,
        _ session: LocalSession,
        _ request: APIRequest
    ) async throws -> HTTPServerResponse {
        let format = Self.format(of: request)
        return try await Self.work(on: try await session.currentLog(of: state.id)) { bytes in
            var answer = JSONObject([("cmdId", .string(state.id))] + Self.texts(of: bytes, format))
            answer["exitCode"] = state.exitCode.map { .int($0) } ?? .null
            return .json(200, .object(answer))
        }
    }

    /// Makes a response from a complete log, off the loop's thread unless the log is short.
    private static func work(
        on log: CommandLog,
        _ answer: @escaping @Sendable ([UInt8]) -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        guard log.count <= maxWholeBytes else {
            throw APIError(400, "the log is longer than \(maxWholeBytes) bytes: ask for it with X-Daytona-Split-Output")
        }
        let work = { @Sendable in answer(log.read(from: 0, maxCount: log.count)) }
        return log.count <= maxPieceBytes ? work() : try await ServiceExecutor.system.run(work)
    }

    private static func texts(of log: [UInt8], _ format: LogFormat) -> [(String, JSONValue)] {
        let text = { (bytes: [UInt8]) in JSONValue.string(String(decoding: bytes, as: UTF8.self)) }
        switch format {
        case .plainText: return [("output", text(Self.withoutMarkers(log))), ("stdout", .null), ("stderr", .null)]
        case .markedText: return [("output", text(log)), ("stdout", .null), ("stderr", .null)]
        case .json:
            let streams = LogDemultiplexer.split(log)
            return [
                ("output", text(log)), ("stdout", text(streams.standardOutput)),
                ("stderr", text(streams.standardError)),
            ]
        }
    }

    private static func withoutMarkers(_ log: [UInt8]) -> [UInt8] {
        var demultiplexer = LogDemultiplexer()
        var text = [UInt8]()
        demultiplexer.receive(log) { text += $1 }
        demultiplexer.finish { text += $1 }
        return text
    }
}
