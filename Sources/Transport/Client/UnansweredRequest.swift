/// A connection that ended before anything of the response came.
struct UnansweredRequest: Error {
    /// What to tell if the request is not sent again.
    let reason: any Error
    /// Whether anything of the request may have reached the server.
    let wasSent: Bool
    /// Whether the body's closure has been called.
    var producerHasBegun = false

    /// Whether the request may be sent again without anybody's asking (RFC 9110 §9.2.2).
    ///
    /// The connection must have served another request before: the server may have ended it while this one was on its
    /// way.
    func mayRetry(_ request: HTTPClientRequest, wasReused: Bool) -> Bool {
        wasReused && (!wasSent || request.method.isIdempotent) && (request.canReplayBody || !producerHasBegun)
    }
}
