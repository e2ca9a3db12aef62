import Glibc

/// A server's state on one of its loops: the connections that live there, and the fields every response carries.
///
/// Confined to the loop's thread.
final class HTTPServerLoop: @unchecked Sendable {
    let loop: EventLoop
    let configuration: HTTPServerConfiguration
    let responder: any HTTPResponder
    /// The certificate for new connections; `nil` for plain HTTP.
    var tls: TLSContext?
    private let accessLog: (@Sendable (HTTPAccessRecord) -> Void)?

    private var connections: [ObjectIdentifier: (connection: HTTPServerConnection, task: Task<Void, Never>)] = [:]
    private(set) var isDraining = false
    private var whenEmpty: [OneShotEvent] = []

    private var date: [UInt8] = []
    private var dateSecond: Int64 = -1

    init(
        _ loop: EventLoop,
        _ configuration: HTTPServerConfiguration,
        _ responder: any HTTPResponder,
        _ accessLog: (@Sendable (HTTPAccessRecord) -> Void)?
    ) {
        self.loop = loop
        self.configuration = configuration
        self.responder = responder
        self.accessLog = accessLog
    }

    /// Serves a connection that was just accepted, and calls `ended` when it is over.
    func serve(_ descriptor: Int32, from peer: SocketAddress, ended: @escaping @Sendable () -> Void) {
        let socket = DescriptorStream(descriptor, on: loop, isSocket: true)
        Socket.disableDelay(descriptor)
        do { try socket.register() } catch {
            socket.close()
            return ended()
        }
        var stream: any ByteStream = socket
        if let tls {
            guard let secured = TLSStream(socket, tls) else { return ended() }
            stream = secured
        }
        let connection = HTTPServerConnection(BufferedStream(stream, on: loop), peer: peer, server: self)
        let task = loop.startTask {
            await connection.run()
            self.remove(connection)
            ended()
        }
        connections[ObjectIdentifier(connection)] = (connection, task)
    }

    private func remove(_ connection: HTTPServerConnection) {
        loop.execute {
            self.connections[ObjectIdentifier(connection)] = nil
            if self.connections.isEmpty { self.tellEmpty() }
        }
    }

    func log(_ record: @autoclosure () -> HTTPAccessRecord) { accessLog?(record()) }

    /// Starts a graceful stop; `empty` fires when the last connection of this loop is gone.
    func drain(_ empty: OneShotEvent) {
        isDraining = true
        whenEmpty.append(empty)
        if connections.isEmpty { return tellEmpty() }
        for (connection, _) in connections.values { loop.startTask { await connection.drain() } }
    }

    private func tellEmpty() {
        for event in whenEmpty { event.fire() }
        whenEmpty = []
    }

    /// Ends every connection now, and cancels the tasks that serve them.
    func abort() {
        isDraining = true
        for (connection, task) in connections.values {
            loop.startTask {
                // First, as a cancelled handler may close with a code of its own.
                await connection.abort()
                task.cancel()
            }
        }
    }

    /// Returns the `date` and `server` field lines, rebuilt once a second.
    func commonFields() -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let second = Int64(time.tv_sec)
        if second != dateSecond {
            dateSecond = second
            // Control characters, which could end the line, are dropped.
            let server = String(configuration.serverName.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
            let line = "date: \(HTTPDate.format(secondsSince1970: second))\r\n"
            date = Array((server.isEmpty ? line : line + "server: \(server)\r\n").utf8)
        }
        return date
    }
}
