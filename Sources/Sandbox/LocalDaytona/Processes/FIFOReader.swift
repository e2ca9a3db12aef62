import BenchmarkTransport
import CLinux
import Glibc

/// Reads a named pipe as its writers fill it.
///
/// Confined to the loop's thread.
///
/// A pipe that nobody has opened for writing yet reads as if it had ended. An end therefore counts only once the kernel
/// has announced it, when a writer has gone, or once ``acceptEnd()`` has said that there will be no more writers.
final class FIFOReader: ReadinessHandler, @unchecked Sendable {
    // Safe to share: used on the loop's thread only.
    private let stream: DescriptorStream
    private let loop: EventLoop
    private let receive: (UnsafeRawBufferPointer) -> Void
    private let end: () -> Void
    private var mayEnd = false
    private var isOpen = true
    private var isPaused = false

    /// The maximum number of bytes read before others get their turn.
    private static let maxBytesPerTurn = 64 * 1024
    /// How long that turn lasts.
    ///
    /// Not zero: a timer that is due at once fires before the loop checks its descriptors.
    private static let pause = Duration.milliseconds(1)

    /// Takes ownership of a pipe that is open for reading and non-blocking.
    ///
    /// - Parameters:
    ///   - receive: called with the bytes, in order.
    ///   - end: called once, at the end of the pipe, unless ``close()`` was called first.
    init(
        _ pipe: Descriptor,
        on loop: EventLoop,
        receive: @escaping (UnsafeRawBufferPointer) -> Void,
        end: @escaping () -> Void
    ) throws(SandboxError) {
        stream = DescriptorStream(pipe.release(), on: loop)
        self.loop = loop
        self.receive = receive
        self.end = end
        stream.owner = self
        do { try stream.register() } catch { throw .system(error.errorNumber, "cannot watch a named pipe") }
    }

    func signal(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: .hangup) { mayEnd = true }
        pump()
    }

    /// Says that the expected writer has finished or will never open the pipe.
    func acceptEnd() {
        mayEnd = true
        pump()
    }

    /// Stops reading; nothing is reported afterwards.
    func close() {
        isOpen = false
        stream.close()
    }

    private func pump() {
        withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 16) { buffer in
            var budget = Self.maxBytesPerTurn
            while isOpen, !isPaused {
                switch stream.read(into: buffer) {
                case .bytes(let count):
                    receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    budget -= count
                    if budget <= 0 {
                        isPaused = true
                        _ = loop.schedule(after: Self.pause) { [weak self] in
                            self?.isPaused = false
                            self?.pump()
                        }
                        return
                    }
                case .wouldBlock: return
                case .end:
                    if mayEnd { finish() }
                    return
                case .failed: return finish()
                }
            }
        }
    }

    private func finish() {
        close()
        end()
    }
}
