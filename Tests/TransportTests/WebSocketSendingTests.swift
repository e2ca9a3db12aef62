import BenchmarkTransport
import Testing

@Suite("WebSocketProtocol sending and closing, RFC 6455 §5 and §7")
struct WebSocketSendingTests {
    /// A client and a server with only buffers between them.
    private struct Pair {
        var client = WebSocketProtocol(role: .client)
        var server = WebSocketProtocol(role: .server)
        var toServer = ByteBuffer()
        var toClient = ByteBuffer()

        mutating func serverEvents() -> [WebSocketEvent] {
            var events: [WebSocketEvent] = []
            while let event = server.next(&toServer, &toClient) { events.append(event) }
            return events
        }

        mutating func clientEvents() -> [WebSocketEvent] {
            var events: [WebSocketEvent] = []
            while let event = client.next(&toClient, &toServer) { events.append(event) }
            return events
        }
    }

    @Test(
        "messages of every length encoding are carried both ways",
        arguments: [0, 1, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 1 << 20]
    )
    func lengths(_ count: Int) {
        var pair = Pair()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let text = [UInt8](repeating: UInt8(ascii: "t"), count: count)
        bytes.withUnsafeBytes { pair.client.send(binary: $0, to: &pair.toServer) }
        text.withUnsafeBytes { pair.client.send(text: $0, to: &pair.toServer) }
        #expect(pair.serverEvents() == [.message(.binary(bytes)), .message(.text(text))])
        text.withUnsafeBytes { pair.server.send(text: $0, to: &pair.toClient) }
        bytes.withUnsafeBytes { pair.server.send(binary: $0, to: &pair.toClient) }
        let header = count < 126 ? 2 : count < 65536 ? 4 : 10
        #expect(pair.toClient.count == 2 * (count + header))
        #expect(pair.clientEvents() == [.message(.text(text)), .message(.binary(bytes))])
    }

    @Test("each frame of a client is masked with another key")
    func masks() {
        var client = WebSocketProtocol(role: .client)
        var output = ByteBuffer()
        var keys: Set<[UInt8]> = []
        for _ in 0..<200 {
            [UInt8(ascii: "a")].withUnsafeBytes { client.send(text: $0, to: &output) }
            keys.insert(Array(output.take(7)[2..<6]))
        }
        #expect(keys.count > 190)
    }

    @Test("a Ping is answered with its payload")
    func pings() {
        var pair = Pair()
        pair.server.ping([1, 2, 3], to: &pair.toClient)
        #expect(pair.clientEvents() == [.ping])
        #expect(pair.serverEvents() == [.pong([1, 2, 3])])
    }

    @Test("a Close is answered with the same code")
    func closing() {
        var pair = Pair()
        pair.client.close(.goingAway, reason: "bye", to: &pair.toServer)
        #expect(pair.serverEvents() == [.closed(code: .goingAway, reason: "bye")])
        pair.server.answerEnd(to: &pair.toClient)
        #expect(pair.clientEvents() == [.closed(code: .goingAway, reason: "")])
        pair.client.answerEnd(to: &pair.toServer)
        #expect(pair.toServer.isEmpty && pair.toClient.isEmpty)
    }

    @Test("each side sends one Close if both close at once")
    func crossing() {
        var pair = Pair()
        pair.client.close(.normal, reason: "", to: &pair.toServer)
        pair.server.close(.goingAway, reason: "", to: &pair.toClient)
        #expect(pair.serverEvents() == [.closed(code: .normal, reason: "")])
        #expect(pair.clientEvents() == [.closed(code: .goingAway, reason: "")])
        pair.server.answerEnd(to: &pair.toClient)
        pair.client.answerEnd(to: &pair.toServer)
        #expect(pair.toServer.isEmpty && pair.toClient.isEmpty)
    }

    @Test("a message that arrived before a Close is answered, and then the Close, RFC 6455 §5.5.1")
    func answersBeforeClosing() {
        var pair = Pair()
        [UInt8(1)].withUnsafeBytes { pair.client.send(binary: $0, to: &pair.toServer) }
        pair.client.close(.normal, reason: "", to: &pair.toServer)
        #expect(pair.serverEvents() == [.message(.binary([1])), .closed(code: .normal, reason: "")])
        [UInt8(2)].withUnsafeBytes { pair.server.send(binary: $0, to: &pair.toClient) }
        pair.server.answerEnd(to: &pair.toClient)
        [UInt8(3)].withUnsafeBytes { pair.server.send(binary: $0, to: &pair.toClient) }
        #expect(pair.clientEvents() == [.message(.binary([2])), .closed(code: .normal, reason: "")])
    }

    @Test("nothing is sent after a Close, not even Pongs, and messages under way are still delivered")
    func afterClose() {
        var pair = Pair()
        pair.client.close(.normal, reason: "", to: &pair.toServer)
        [UInt8(ascii: "l")].withUnsafeBytes { pair.server.send(text: $0, to: &pair.toClient) }
        pair.server.ping([], to: &pair.toClient)
        let count = pair.toServer.count
        #expect(pair.clientEvents() == [.message(.text([UInt8(ascii: "l")])), .ping])
        [1].withUnsafeBytes { pair.client.send(binary: $0, to: &pair.toServer) }
        pair.client.ping([1], to: &pair.toServer)
        pair.client.close(.normal, reason: "", to: &pair.toServer)
        #expect(pair.toServer.count == count)
    }

    @Test("a long close reason is cut at a character boundary")
    func longReason() {
        var pair = Pair()
        pair.server.close(.policyViolation, reason: String(repeating: "é", count: 100), to: &pair.toClient)
        #expect(pair.toClient.count == 2 + 2 + 122)
        #expect(pair.clientEvents() == [.closed(code: .policyViolation, reason: String(repeating: "é", count: 61))])
    }

    @Test("a code that may not be sent is never written", arguments: [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    func unsendableCodes(_ code: UInt16) {
        var pair = Pair()
        pair.server.close(WebSocketCloseCode(rawValue: code), reason: "", to: &pair.toClient)
        #expect(pair.clientEvents() == [.closed(code: .internalError, reason: "")])
    }
}
