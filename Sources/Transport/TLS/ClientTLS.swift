/// A client's TLS context, whose files are read on first use, and the sessions to resume.
final class ClientTLS: Sendable {
    private let configuration: TLSClientConfiguration
    private let context = Locked<TLSContext?>(nil)
    private let sessions = Locked<[HTTPURL.Origin: TLSSession]>([:])

    /// The maximum number of sessions kept; then all are dropped, as finding the oldest is not worth the effort.
    private static let maxSessions = 256

    init(_ configuration: TLSClientConfiguration) { self.configuration = configuration }

    /// Turns a connected socket into a TLS stream whose peer has proved to be the host of the URL.
    ///
    /// Runs on the socket's loop. Cancelling closes the socket.
    /// - Throws: ``TLSError`` if a file or the host cannot be used; ``StreamFailure`` if the handshake fails.
    func secure(_ socket: DescriptorStream, for url: HTTPURL) async throws -> BufferedStream {
        let context: TLSContext
        do { context = try await preparedContext() } catch {
            socket.close()
            throw error
        }
        guard let secured = TLSStream(socket, context, host: url.host, resuming: sessions.withLock { $0[url.origin] })
        else { throw TLSError(message: "no certificate can be verified for the host '\(url.host)'") }
        let (loop, stream) = (socket.loop, BufferedStream(secured, on: socket.loop))
        let isEstablished = await withTaskCancellationHandler {
            await stream.establish()
        } onCancel: {
            loop.execute { stream.close() }
        }
        if !isEstablished { throw stream.failure ?? .closed }
        return stream
    }

    private func preparedContext() async throws -> TLSContext {
        if let context = context.withLock({ $0 }) { return context }
        let made = try await ServiceExecutor.system.run { [configuration] in try TLSContext(configuration) }
        return context.withLock { context in
            let kept = context ?? made
            context = kept
            return kept
        }
    }

    /// Keeps the session of a stream for the next connection to the same origin.
    func keepSession(of stream: BufferedStream, for origin: HTTPURL.Origin) {
        guard let session = (stream.stream as? TLSStream)?.session else { return }
        sessions.withLock { sessions in
            if sessions.count >= Self.maxSessions, sessions[origin] == nil { sessions.removeAll() }
            sessions[origin] = session
        }
    }
}
