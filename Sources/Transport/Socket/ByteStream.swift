/// What one non-blocking read or write came to.
package enum IOResult: Sendable {
    /// So many bytes went through, at least one.
    case bytes(Int)
    /// Nothing now; the owner is told when that changes.
    case wouldBlock
    /// The peer has finished sending.
    case end
    /// The stream is dead.
    case failed(StreamFailure)
}

/// A two-way stream of bytes on a loop: the seam between a plain socket and TLS.
///
/// All of it belongs to the loop's thread. Nothing suspends: readiness is told to ``owner``.
package protocol ByteStream: AnyObject {
    /// Who is told when reading or writing becomes possible.
    ///
    /// Kept until ``close()``.
    var owner: (any ReadinessHandler)? { get set }
    /// Goes on with what both sides must agree on before bytes can pass; `.bytes(0)` once they have.
    func establish() -> IOResult
    /// Reads what is there into `buffer`, which is not empty.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult
    /// Writes as much of `bytes` as there is room for.
    func write(_ bytes: UnsafeRawBufferPointer) -> IOResult
    /// How many written bytes the peer has not acknowledged yet.
    var unacknowledgedCount: Int { get }
    /// Tells the peer that nothing more will be sent.
    func finishWriting()
    /// Releases the descriptor; the owner is not told of anything after.
    func close()
}
