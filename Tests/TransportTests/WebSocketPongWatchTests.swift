import BenchmarkTransport
import TestSupport
import Testing

@Suite("The wait for a Pong, RFC 6455 §5.5.3")
struct WebSocketPongWatchTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        /// How many bytes the peer has taken at each check, of which the Ping is the last of 1000.
        let taken: [Int]
        /// The check at which the Pong counts as missing; nil if it never does.
        let missing: Int?

        init(_ name: String, _ taken: [Int], missing: Int?) {
            (testDescription, self.taken, self.missing) = (name, taken, missing)
        }
    }

    static let cases = [
        Case("a peer that had the Ping at once", [1000, 1000, 1000, 1000], missing: 4),
        Case("what is sent after the Ping does not count", [1000, 1100, 1200, 1300], missing: 4),
        Case("a peer that takes nothing", [0, 0, 0, 0], missing: 4),
        Case("a slow reader, all its time after each step", [100, 200, 200, 900, 900, 900, 900, 900], missing: 8),
        Case("a slow reader that has just come to the Ping", [400, 800, 1000, 1000, 1000, 1000], missing: 6),
        Case("a slow reader that is still on its way", Array(stride(from: 100, to: 1000, by: 50)), missing: nil),
        Case("a count that goes back is no progress", [300, 200, 250, 200, 299], missing: 5),
    ]

    @Test("counts from when the peer could have read the Ping", arguments: cases)
    func check(_ example: Case) {
        var watch = WebSocketPongWatch(pingEnd: 1000, taken: 0)
        let missing = example.taken.firstIndex { watch.check(taken: $0) }
        #expect(missing.map { $0 + 1 } == example.missing)
    }

    @Test("starts over when this side has kept the Pong waiting")
    func restart() {
        var watch = WebSocketPongWatch(pingEnd: 1000, taken: 1000)
        for _ in 0..<3 {
            let isMissing = [watch.check(taken: 1000), watch.check(taken: 1000), watch.check(taken: 1000)]
            #expect(isMissing == [false, false, false])
            watch.restart(taken: 1000)
        }
    }

    /// Longer than ``slowReader()`` takes for a single read, shorter than it takes to come to a Ping.
    private static let pongTimeout = Duration.seconds(1)

    @Test("a slow but steady reader keeps its connection, though Pings reach it later than their timeout")
    func slowReader() async throws {
        let offering = BackPressureTests.Offering()
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.pingInterval = .milliseconds(50)
        configuration.webSocket.pongTimeout = Self.pongTimeout
        try await withServer(offering, configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port, receiveBufferBytes: 65_536)
            try await client.send(BackPressureTests.webSocketRequest)
            let (loop, begin) = (EventLoopGroup.shared.next(), ContinuousClock.now)
            var count = 0
            while begin.duration(to: .now) < Self.pongTimeout * 3 {
                let bytes = try await client.receive(until: { !$0.isEmpty })
                // The data has no such bytes: 0x88 is a Close, 0x89 a Ping.
                guard !bytes.isEmpty, !bytes.contains(0x88) else { break }
                if bytes.contains(0x89) { try await client.send([0x8a, 0x80, 0, 0, 0, 0]) }
                count += bytes.count
                try await loop.sleep(for: .milliseconds(40))
            }
            #expect(begin.duration(to: .now) >= Self.pongTimeout * 3, "closed after \(count) bytes")
        }
    }
}
