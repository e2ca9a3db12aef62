public import BenchmarkTransport
import Glibc

/// A server on plain TCP or a Unix socket that does with each connection exactly what a closure says.
///
/// Each call blocks a thread of a separate executor, never the caller's.
public final class RawServer: Sendable {
    /// The address that the server listens on.
    public let address: SocketAddress
    private let descriptor: Int32

    static let executor = ServiceExecutor(maxThreads: 1024, name: "raw-server")

    /// Listens on an address of this machine, by default on a free port of 127.0.0.1.
    public init(host: String = "127.0.0.1", port: UInt16 = 0, backlog: Int32 = 64) throws {
        guard let address = SocketAddress(literal: host, port: port) else {
            throw SystemError(errorNumber: EINVAL, operation: host)
        }
        (descriptor, self.address) = try Self.listening(on: address, backlog)
    }

    /// Listens on a Unix socket.
    public init(path: String) throws {
        guard let address = SocketAddress(path: path) else { throw SystemError(errorNumber: EINVAL, operation: path) }
        (descriptor, self.address) = try Self.listening(on: address, 64)
    }

    private static func listening(on address: SocketAddress, _ backlog: Int32) throws -> (Int32, SocketAddress) {
        let descriptor = try TestSocket.listen(on: address, backlog: backlog)
        return (descriptor, TestSocket.localAddress(descriptor) ?? address)
    }

    deinit { close(descriptor) }

    /// The server's `http` URL.
    public var url: String { "http://\(address)" }

    /// Waits for the next connection.
    public func accept() async throws -> RawConnection {
        try await Self.executor.run { [self] in
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted < 0 { throw SystemError(errorNumber: errno, operation: "accept") }
            return RawConnection(accepted)
        }
    }

    /// Ends the wait of ``accept()``.
    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Serves every connection with `behaviour`, concurrently, while `body` runs, and ignores errors of `behaviour`.
    public func serving<R: Sendable>(
        _ behaviour: @escaping @Sendable (RawConnection) async throws -> Void,
        _ body: () async throws -> R
    ) async throws -> R {
        let server = Task { [self] in
            await withTaskGroup(of: Void.self) { group in
                while let connection = try? await accept() { group.addTask { try? await behaviour(connection) } }
            }
        }
        do {
            let result = try await body()
            stop()
            await server.value
            return result
        } catch {
            stop()
            await server.value
            throw error
        }
    }
}

/// One connection that a ``RawServer`` has accepted.
public final class RawConnection: Sendable {
    private let descriptor: Int32
    /// The bytes that were received but not yet returned.
    private let pending = Locked<[UInt8]>([])

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // No test waits longer than this for a client that never ends.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends all of the bytes.
    public func send(_ bytes: some Sequence<UInt8>) async throws {
        let bytes = Array(bytes)
        try await RawServer.executor.run { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw SystemError(errorNumber: EPIPE, operation: "send") }
                sent += count
            }
        }
    }

    /// Sends a text.
    public func send(_ text: String) async throws { try await send(text.utf8) }

    /// Receives some bytes; none at the end.
    public func receive() async throws -> [UInt8] {
        let kept = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        if !kept.isEmpty { return kept }
        return try await RawServer.executor.run { [descriptor] in
            var block = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &block, block.count, 0)
            if count < 0 { throw SystemError(errorNumber: errno, operation: "recv") }
            return Array(block[..<count])
        }
    }

    /// Receives text up to and including `end`, or up to the end of the connection.
    ///
    /// Bytes after it are kept for the next call.
    public func receiveText(until end: String) async throws -> String {
        var received: [UInt8] = []
        let end = Array(end.utf8)
        while true {
            let bytes = try await receive()
            if bytes.isEmpty { return String(decoding: received, as: UTF8.self) }
            let start = max(0, received.count - end.count)
            received += bytes
            guard let range = received[start...].firstRange(of: end) else { continue }
            let rest = Array(received[range.upperBound...])
            pending.withLock { $0 = rest }
            return String(decoding: received[..<range.upperBound], as: UTF8.self)
        }
    }

    /// Receives the head of a request; empty if there is none.
    public func receiveHead() async throws -> String { try await receiveText(until: "\r\n\r\n") }

    /// Reads until the connection ends, and returns false if it does not.
    public func receivesEnd() async -> Bool {
        while true {
            do { if try await receive().isEmpty { return true } } catch let error as SystemError {
                return error.errorNumber == ECONNRESET
            } catch { return false }
        }
    }

    /// Says that nothing more will be sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection.
    public func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends the connection with a reset.
    public func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        // Disconnecting a socket that does not linger resets it.
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Makes the kernel accept as little as possible from the client.
    public func shrinkReceiveBuffer() {
        var size: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// Returns a client whose requests go through no proxy, whatever the environment says.
public func directClient(_ change: (inout HTTPClientConfiguration) -> Void = { _ in }) -> HTTPClient {
    var configuration = HTTPClientConfiguration()
    configuration.proxy = .none
    change(&configuration)
    return HTTPClient(configuration: configuration)
}

/// Blocking sockets for the toolkit's addresses.
enum TestSocket {
    /// - Parameter backlog: The length of the queue; `nil` to only hold the address, where every connection is refused.
    static func listen(on address: SocketAddress, backlog: Int32?) throws -> Int32 {
        let family = address.bytes.withUnsafeBytes { $0.loadUnaligned(as: sa_family_t.self) }
        let descriptor = socket(Int32(family), Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let isBound = address.bytes.withUnsafeBytes { bytes in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(descriptor, pointer, socklen_t(bytes.count)) == 0
        }
        if isBound && (backlog.map { Glibc.listen(descriptor, $0) } ?? 0) == 0 { return descriptor }
        let error = SystemError(errorNumber: errno, operation: "listen on \(address)")
        close(descriptor)
        throw error
    }

    static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
        var length = socklen_t(bytes.count)
        let result = bytes.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: sockaddr.self).baseAddress.map { getsockname(descriptor, $0, &length) } ?? -1
        }
        return result == 0 ? SocketAddress(bytes: Array(bytes.prefix(Int(length)))) : nil
    }
}
