import BenchmarkTransport
import Glibc

/// A plain TCP client that sends exactly the bytes it is given.
///
/// Each call blocks a thread of a separate executor, never the caller's.
public final class RawClient: Sendable {
    private let descriptor: Int32
    /// Separate threads, since the toolkit's are for the toolkit.
    private static let executor = ServiceExecutor(maxThreads: 1024, name: "raw-client")

    /// Connects to a port of this machine; the connection ends with this object.
    ///
    /// - Parameter receiveBufferBytes: The size of the kernel's receive buffer; `nil` for the default.
    public init(host: String = "127.0.0.1", port: UInt16, receiveBufferBytes: Int32? = nil) async throws {
        descriptor = try await Self.executor.run { try Self.connected(host, port, receiveBufferBytes) }
    }

    private static func connected(_ host: String, _ port: UInt16, _ receiveBufferBytes: Int32?) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var count = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &count, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw SystemError(errorNumber: ECONNREFUSED, operation: "connect \(port)")
        }
        // No test waits longer than this for a server that never answers.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    deinit { close(descriptor) }

    /// Sends all of the bytes.
    public func send(_ bytes: some Sequence<UInt8>) async throws {
        let bytes = Array(bytes)
        try await Self.executor.run { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw SystemError(errorNumber: EPIPE, operation: "write") }
                sent += count
            }
        }
    }

    /// Sends a text.
    public func send(_ text: String) async throws { try await send(text.utf8) }

    /// Sends bytes one by one, 10 ms apart, until the connection is closed or `maxCount` are sent; returns the number.
    public func trickle(_ maxCount: Int) async throws -> Int {
        let loop = EventLoopGroup.shared.next()
        for count in 0..<maxCount {
            do { try await send("x") } catch { return count }
            try await loop.sleep(for: .milliseconds(10))
        }
        return maxCount
    }

    /// Says that nothing more will be sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Receives everything up to the end of the connection, or until `isEnough` returns true.
    ///
    /// - Throws: `SystemError` if nothing arrives for 20 seconds.
    public func receive(until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }) async throws -> [UInt8]
    {
        try await Self.executor.run { [descriptor] in
            var received: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 65_536)
            while !isEnough(received) {
                let count = read(descriptor, &block, block.count)
                if count < 0, errno == EAGAIN { throw SystemError(errorNumber: EAGAIN, operation: "read") }
                guard count > 0 else { break }
                received += block[..<count]
            }
            return received
        }
    }

    /// Reads to the end of the connection and returns whether that was a reset instead of a proper end.
    public func endsWithReset() async throws -> Bool {
        try await Self.executor.run { [descriptor] in
            var block = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &block, block.count)
                if count == 0 { return false }
                if count > 0 { continue }
                if errno == ECONNRESET { return true }
                throw SystemError(errorNumber: errno, operation: "read")
            }
        }
    }

    /// Receives text up to the end of the connection, or until it contains `end`.
    public func receiveText(until end: String? = nil) async throws -> String {
        let bytes = try await receive { bytes in
            end.map { String(decoding: bytes, as: UTF8.self).contains($0) } ?? false
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
