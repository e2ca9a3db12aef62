/// The outcome of one non-blocking operation.
package enum IOResult: Sendable {
    /// The number of bytes that went through; at least one for a read or a write.
    case bytes(Int)
    /// Nothing can go through now; the owner is told when that changes.
    case wouldBlock
    /// The peer has finished sending.
    case end
    /// The stream has failed.
    case failed(StreamFailure)
}

/// A two-way stream of bytes on a loop, with or without TLS.
///
/// Confined to the loop's thread. Nothing suspends: readiness is reported to ``owner``.
package protocol ByteStream: AnyObject {
    /// The handler that is told when reading or writing becomes possible.
    ///
    /// Kept until ``close()``.
    var owner: (any ReadinessHandler)? { get set }
    /// Continues the handshake, if there is one; returns `.bytes(0)` once bytes can pass.
    func establish() -> IOResult
    /// Reads the available bytes into `buffer`, which is not empty.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult
    /// Writes as much of `bytes` as there is room for.
    func write(_ bytes: UnsafeRawBufferPointer) -> IOResult
    /// The number of written bytes that the peer has not acknowledged yet.
    var unacknowledgedCount: Int { get }
    /// Tells the peer that nothing more will be sent.
    func finishWriting()
    /// Makes ``close()`` reset the connection and discard unsent bytes, so that the peer cannot take it for a proper end.
    func resetOnClose()
    /// Releases the descriptor; the owner is not told of anything afterwards.
    func close()
}
