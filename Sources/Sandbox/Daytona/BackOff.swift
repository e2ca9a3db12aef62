import BenchmarkTransport

/// The pauses between attempts: each is twice the one before, up to a ceiling, plus a little random jitter.
///
/// Hundreds of commands behind one proxy fail together when it does; without jitter they would also retry together.
struct BackOff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration

    /// The largest share of a pause that is added to it.
    private static let chance = 0.4

    /// - Parameters:
    ///   - first: the first pause.
    ///   - longest: the longest pause; a longer first pause stays as it is.
    init(first: Duration, longest: Duration) {
        (self.first, self.longest) = (first, max(first, longest))
        next = first
    }

    /// Starts again with the first pause.
    mutating func reset() { next = first }

    /// Returns the next pause.
    ///
    /// - Parameters:
    ///   - asked: how long the server asks the client to wait, which is the minimum.
    ///   - jitter: from 0 to 1.
    mutating func pause(atLeast asked: Duration = .zero, jitter: Double = .random(in: 0...1)) -> Duration {
        defer { next = min(longest, next * 2) }
        return max(next, asked) + next * (Self.chance * jitter)
    }
}
