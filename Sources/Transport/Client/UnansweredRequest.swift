/// A request whose connection ended before any byte of the response arrived.
struct UnansweredRequest: Error {
    /// The error to throw if the request is not sent again.
    let reason: any Error
    /// Whether any part of the request may have reached the server.
    let wasSent: Bool
    /// Whether the body's closure has been called.
    var producerHasBegun = false

    /// Returns whether the request may be retried automatically (RFC 9110 §9.2.2).
    ///
    /// The connection must have served another request before: the server may have closed it as idle while this one was
    /// on its way.
    func mayRetry(_ request: HTTPClientRequest, wasReused: Bool) -> Bool {
        wasReused && (!wasSent || request.method.isIdempotent) && (request.canReplayBody || !producerHasBegun)
    }
}
