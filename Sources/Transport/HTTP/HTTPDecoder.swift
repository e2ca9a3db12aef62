/// Which side of a connection this is.
package enum HTTPRole: Sendable, Hashable {
    /// Decodes requests.
    case server
    /// Decodes responses.
    case client
}

/// A part of a message, or an error, that a decoder has found.
///
/// The same for both roles: what one side sends is what the other receives.
package enum HTTPEvent: Sendable {
    /// The head of a request, and how its body is framed.
    case request(HTTPRequestHead, HTTPBodyFraming)
    /// The head of a response.
    ///
    /// An informational response has no `end`; the final one follows.
    case response(HTTPResponseHead, HTTPBodyFraming)
    /// This many bytes at the front of the buffer are body; they must be taken before the next event is asked for.
    case body(Int)
    /// The message is complete; these are its trailer fields.
    case end(HTTPFields)
    /// The peer violated the protocol.
    ///
    /// The decoder returns no further event.
    case failed(HTTPProtocolError)
}

/// Decodes HTTP/1.1 messages from a buffer, event by event (RFC 9112).
///
/// No I/O, no time, no tasks.
///
/// Strict: input that two readers could understand differently is refused. Nothing is read ahead: after `end`, a
/// pipelined message stays in the buffer until the next event is asked for.
package struct HTTPDecoder: Sendable {
    private enum State {
        case head
        case fixed(remaining: Int)
        case chunkLine(total: Int)
        case chunkData(remaining: Int, total: Int)
        case chunkEnd(total: Int)
        case trailers
        case untilClose(total: Int)
        case end(HTTPFields)
        case switched
        case failed
    }

    private let role: HTTPRole
    private let limits: HTTPLimits
    private var state = State.head
    private var scanner = HTTPHeadLines()
    private var expected: [HTTPMethod] = []
    /// The total size of the chunk extensions in the current body so far.
    private var chunkExtensionBytes = 0

    package init(role: HTTPRole, limits: HTTPLimits = HTTPLimits()) { (self.role, self.limits) = (role, limits) }

    /// Records that the client has sent a request; final responses answer requests in the order they were sent.
    package mutating func expectResponse(to method: HTTPMethod) { expected.append(method) }

    /// Whether no part of a message has been seen since the last one ended.
    package var isBetweenMessages: Bool { if case .head = state { scanner.isEmpty } else { false } }

    /// Returns the next event; `nil` if more bytes are needed.
    package mutating func next(_ input: inout ByteBuffer) -> HTTPEvent? {
        switch state {
        case .head: return nextHead(&input)
        case .fixed(let remaining):
            if input.isEmpty { return nil }
            let count = min(remaining, input.count)
            state = count == remaining ? .end(HTTPFields()) : .fixed(remaining: remaining - count)
            return .body(count)
        case .untilClose(let total): return nextUntilClose(&input, total)
        case .chunkLine(let total): return nextChunk(&input, total)
        case .chunkData(let remaining, let total):
            if input.isEmpty { return nil }
            let count = min(remaining, input.count)
            state =
                count == remaining ? .chunkEnd(total: total) : .chunkData(remaining: remaining - count, total: total)
            return .body(count)
        case .chunkEnd(let total):
            if input.count < 2 { return input.count == 1 && input[0] != 0x0d ? fail(.bad("a chunk too long")) : nil }
            guard input[0] == 0x0d, input[1] == 0x0a else { return fail(.bad("a chunk without its end")) }
            input.consume(2)
            state = .chunkLine(total: total)
            return nextChunk(&input, total)
        case .trailers: return nextTrailers(&input)
        case .end(let trailers):
            state = .head
            scanner.reset()
            return .end(trailers)
        case .switched, .failed: return nil
        }
    }

    /// Handles the end of the peer's input: the end of a body that is delimited by it, otherwise a failure; `nil`
    /// between two messages.
    package mutating func receiveEnd() -> HTTPEvent? {
        switch state {
        case .untilClose:
            state = .head
            scanner.reset()
            return .end(HTTPFields())
        case .head where scanner.isEmpty && expected.isEmpty: return nil
        case .switched, .failed: return nil
        case .end: return nil  // the next event is still to be asked for
        default: return fail(.bad("the connection ended within a message"))
        }
    }

    private mutating func fail(_ error: HTTPProtocolError) -> HTTPEvent {
        state = .failed
        return .failed(error)
    }

    // MARK: Heads

    private mutating func nextHead(_ input: inout ByteBuffer) -> HTTPEvent? {
        let ceilings = HTTPHeadLines.Ceilings(
            firstLine: limits.maxStartLineBytes,
            firstLineError: .init(.uriTooLong, "the request line is too long"),
            section: limits.maxHeaderBytes,
            sectionError: .init(.requestHeaderFieldsTooLarge, "the header section is too long"),
            count: limits.maxHeaderCount + 1
        )
        // A peer that starts with such a byte speaks another protocol, and may never send a line end to be judged by.
        if role == .server, scanner.isEmpty, !input.isEmpty, input[0] != 0x0d, input[0] != 0x0a,
            !HTTPSyntax.isToken(input[0])
        {
            return fail(.bad("a request starts with no method"))
        }
        if role == .client, scanner.isEmpty, !input.isEmpty, input[0] != UInt8(ascii: "H") {
            return fail(.bad("a response starts with no version"))
        }
        let outcome = input.withReadableBytes { scanner.scan($0, ceilings, skipsEmptyLines: role == .server) }
        switch outcome {
        case .incomplete: return nil
        case .failed(let error): return fail(error)
        case .complete(let byteCount):
            let lines = scanner.lines
            guard let first = lines.first else { return fail(.bad("an empty message")) }
            let parsed = input.withReadableBytes { bytes -> Result<HTTPEvent, HTTPProtocolError> in
                do throws(HTTPProtocolError) {
                    let fields = try HTTPFieldLines.parse(lines.dropFirst(), bytes)
                    let line = Array(UnsafeRawBufferPointer(rebasing: bytes[first]))[...]
                    return .success(try role == .server ? request(line, fields) : response(line, fields))
                } catch { return .failure(error) }
            }
            input.consume(byteCount)
            scanner.reset()
            switch parsed {
            case .success(let event): return begin(event)
            case .failure(let error): return fail(error)
            }
        }
    }

    private func request(_ line: ArraySlice<UInt8>, _ fields: HTTPFields) throws(HTTPProtocolError) -> HTTPEvent {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .bad("the request line has not three parts") }
        guard let method = HTTPMethod(parts[0]) else { throw .bad("the method is not a token") }
        let version = try version(parts[2])
        guard let target = HTTPTarget(parts[1], method: method) else { throw .bad("the target has no valid form") }
        let hosts = fields[values: .host]
        if hosts.count > 1 { throw .bad("more than one host") }
        if let host = hosts.first, !HTTPHost.isValid(host.utf8) { throw .bad("the host is invalid") }
        let framing = try HTTPBodyFraming.ofRequest(fields, version: version, limits: limits)
        return .request(HTTPRequestHead(method: method, target: target, version: version, fields: fields), framing)
    }

    private func response(_ line: ArraySlice<UInt8>, _ fields: HTTPFields) throws(HTTPProtocolError) -> HTTPEvent {
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].count == 3, let code = HTTPSyntax.decimal(parts[1]), code >= 100 else {
            throw .bad("the status line is invalid")
        }
        let status = HTTPStatus(code)
        let method = expected.first ?? .get
        let framing = try HTTPBodyFraming.ofResponse(fields, status: status, to: method, limits: limits)
        return .response(HTTPResponseHead(status: status, version: try version(parts[0]), fields: fields), framing)
    }

    private func version(_ bytes: ArraySlice<UInt8>) throws(HTTPProtocolError) -> HTTPVersion {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), let major = bytes.dropFirst(5).first,
            let minor = bytes.last, bytes.dropFirst(6).first == UInt8(ascii: "."), (0x30...0x39).contains(major),
            (0x30...0x39).contains(minor)
        else { throw .bad("the version is invalid") }
        guard major == UInt8(ascii: "1") else { throw .init(.httpVersionNotSupported, "only HTTP/1 is spoken here") }
        return minor == UInt8(ascii: "0") ? .http10 : .http11
    }

    private mutating func begin(_ event: HTTPEvent) -> HTTPEvent {
        let framing: HTTPBodyFraming
        switch event {
        case .request(_, let its): framing = its
        case .response(let head, let its):
            framing = its
            if head.status == .switchingProtocols {
                state = .switched
                return event
            }
            if head.status.isInformational { return event }
            let method = expected.isEmpty ? .get : expected.removeFirst()
            if method == .connect && (200..<300).contains(head.status.code) {
                // RFC 9112 §6.3: a tunnel from here on
                state = .switched
                return event
            }
        default: return event
        }
        switch framing {
        case .none: state = .end(HTTPFields())
        case .fixed(let count): state = count == 0 ? .end(HTTPFields()) : .fixed(remaining: count)
        case .chunked:
            chunkExtensionBytes = 0
            state = .chunkLine(total: 0)
        case .untilClose: state = .untilClose(total: 0)
        }
        return event
    }

    // MARK: Bodies

    private mutating func nextUntilClose(_ input: inout ByteBuffer, _ total: Int) -> HTTPEvent? {
        if input.isEmpty { return nil }
        guard input.count <= limits.maxBodyBytes - total else { return fail(tooLarge) }
        state = .untilClose(total: total + input.count)
        return .body(input.count)
    }

    private var tooLarge: HTTPProtocolError {
        HTTPProtocolError(.contentTooLarge, "the body is longer than \(limits.maxBodyBytes) bytes")
    }

    private mutating func nextChunk(_ input: inout ByteBuffer, _ total: Int) -> HTTPEvent? {
        let maxLine = limits.maxChunkLineBytes
        switch input.withReadableBytes({ HTTPChunkLine.parse($0, maxBytes: maxLine) }) {
        case .incomplete: return nil
        case .failed(let error): return fail(error)
        case .size(0, _, let lineBytes):
            input.consume(lineBytes)
            state = .trailers
            scanner.reset()
            return nextTrailers(&input)
        case .size(let size, let extensionBytes, let lineBytes):
            chunkExtensionBytes += extensionBytes
            if chunkExtensionBytes > limits.maxChunkExtensionBytes {
                return fail(.init(.contentTooLarge, "the chunk extensions are too long"))
            }
            guard size <= limits.maxBodyBytes - total else { return fail(tooLarge) }
            input.consume(lineBytes)
            state = .chunkData(remaining: size, total: total + size)
            return next(&input)
        }
    }

    private mutating func nextTrailers(_ input: inout ByteBuffer) -> HTTPEvent? {
        let error = HTTPProtocolError(.requestHeaderFieldsTooLarge, "the trailer section is too long")
        let ceilings = HTTPHeadLines.Ceilings(
            firstLine: limits.maxTrailerBytes,
            firstLineError: error,
            section: limits.maxTrailerBytes,
            sectionError: error,
            count: limits.maxHeaderCount
        )
        switch input.withReadableBytes({ scanner.scan($0, ceilings, skipsEmptyLines: false) }) {
        case .incomplete: return nil
        case .failed(let error): return fail(error)
        case .complete(let byteCount):
            let lines = scanner.lines
            let trailers = input.withReadableBytes { bytes -> Result<HTTPFields, HTTPProtocolError> in
                do throws(HTTPProtocolError) { return .success(try HTTPFieldLines.parse(lines[...], bytes)) } catch {
                    return .failure(error)
                }
            }
            input.consume(byteCount)
            scanner.reset()
            switch trailers {
            case .failure(let error): return fail(error)
            case .success(let fields):
                state = .head
                return .end(fields)
            }
        }
    }
}
