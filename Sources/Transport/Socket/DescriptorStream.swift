internal import CLinux
import Glibc

/// A ``ByteStream`` over a descriptor that epoll can watch: a connected socket, a pipe, a FIFO.
///
/// Confined to the loop's thread, except for `init`.
package final class DescriptorStream: ByteStream, ReadinessHandler, @unchecked Sendable {
    package let loop: EventLoop
    package var owner: (any ReadinessHandler)?
    private var fileDescriptor: Int32
    private var key: Poller.Key?
    private let isSocket: Bool

    // Edge-triggered: true until a call shows otherwise, and again once the loop signals readiness.
    private var mayRead = true
    private var mayWrite = true
    private var hasHungUp = false

    /// Takes ownership of a non-blocking descriptor.
    package init(_ fileDescriptor: Int32, on loop: EventLoop, isSocket: Bool = false) {
        self.fileDescriptor = fileDescriptor
        self.loop = loop
        self.isSocket = isSocket
    }

    deinit { if fileDescriptor >= 0 { _ = Glibc.close(fileDescriptor) } }

    /// Starts watching the descriptor.
    ///
    /// Must be called on the loop's thread, before anything else.
    package func register() throws(SystemError) { key = try loop.add(fileDescriptor, self) }

    package func signal(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: .hangup) { (mayRead, mayWrite, hasHungUp) = (true, true, true) }
        if readiness.contains(.readable) { mayRead = true }
        if readiness.contains(.writable) { mayWrite = true }
        owner?.signal(readiness)
    }

    /// The descriptor, for code that reads and writes it directly; -1 once closed.
    var descriptor: Int32 { fileDescriptor }

    package func establish() -> IOResult { .bytes(0) }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        if !mayRead { return .wouldBlock }
        while true {
            let count =
                isSocket
                ? recv(fileDescriptor, buffer.baseAddress, buffer.count, 0)
                : Glibc.read(fileDescriptor, buffer.baseAddress, buffer.count)
            if count > 0 {
                // A short read has drained the socket; the end of the stream, once announced, must still be read.
                if count < buffer.count && isSocket && !hasHungUp { mayRead = false }
                return .bytes(count)
            }
            if count == 0 { return .end }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN:
                mayRead = false
                return .wouldBlock
            default: return .failed(.system(SystemError.last("read")))
            }
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) -> IOResult {
        if !mayWrite { return .wouldBlock }
        while true {
            let count =
                isSocket
                ? send(fileDescriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                : Glibc.write(fileDescriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return .bytes(count) }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN:
                mayWrite = false
                return .wouldBlock
            default: return .failed(.system(SystemError.last("write")))
            }
        }
    }

    package var unacknowledgedCount: Int { isSocket ? Int(clinux_unacknowledged(fileDescriptor)) : 0 }

    package func finishWriting() { if isSocket { shutdown(fileDescriptor, Int32(SHUT_WR)) } }

    package func resetOnClose() { if isSocket && fileDescriptor >= 0 { Socket.resetOnClose(fileDescriptor) } }

    package func close() {
        owner = nil
        if fileDescriptor < 0 { return }
        if let key { loop.remove(fileDescriptor, key) }
        _ = Glibc.close(fileDescriptor)
        (fileDescriptor, key) = (-1, nil)
        (mayRead, mayWrite) = (true, true)  // calls after this fail with EBADF
    }
}
