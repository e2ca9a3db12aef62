import BenchmarkTransport

/// What goes wrong with one follower's stream.
struct StreamFaults: Sendable {
    /// After how many bytes the stream ends, and with which code; 0 for none.
    var end: (bytes: Int, code: Int)?
    var dropsFinal = false
    var neverCloses = false
    var stall: Duration?
    var delay: Duration?
    var maxMessageBytes = 1024
    var splitsAtMarkers = false
    var sendsText = false
    var ignoresPings = false

    /// What strikes a follower that begins now.
    init(_ injector: FaultInjector, method: String, route: String) {
        func strike(_ kind: Fault.Kind) -> Fault? { injector.strike(kind, method: method, route: route) }
        func milliseconds(_ kind: Fault.Kind) -> Duration? { strike(kind).map { .milliseconds($0.value) } }
        end = strike(.closeAfter).map { ($0.value, $0.code) }
        dropsFinal = strike(.dropFinal) != nil
        neverCloses = strike(.neverClose) != nil
        (stall, delay) = (milliseconds(.stall), milliseconds(.delay))
        maxMessageBytes = strike(.split)?.value ?? 1024
        splitsAtMarkers = strike(.splitAtMarker) != nil
        sendsText = strike(.textMessages) != nil
        ignoresPings = strike(.noPong) != nil
    }

    /// How many of the bytes from an offset on go into the next message.
    func messageCount(_ bytes: [UInt8], at offset: Int) -> Int {
        var count = min(bytes.count, maxMessageBytes)
        if let end { count = min(count, max(0, end.bytes - offset)) }
        if splitsAtMarkers {
            for stream in LogStream.allCases {
                let marker = stream.marker
                for start in 0..<max(0, count - 2) where bytes[start...].starts(with: marker) {
                    count = start + 3
                    break
                }
            }
        }
        return count
    }
}
