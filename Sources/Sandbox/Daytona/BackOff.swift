import BenchmarkTransport

/// The pauses between attempts: each is twice the one before, up to a ceiling, and a little of chance is added.
///
/// Hundreds of commands behind one proxy fail together when it does; without chance they would come back together, too.
struct BackOff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration

    /// How much of a pause is added to it at most.
    private static let chance = 0.4

    /// - Parameters:
    ///   - first: the first pause.
    ///   - longest: what pauses grow to; a first one that is longer stays as it is.
    init(first: Duration, longest: Duration) {
        (self.first, self.longest) = (first, max(first, longest))
        next = first
    }

    /// Begins again with the first pause.
    mutating func reset() { next = first }

    /// The next pause.
    ///
    /// - Parameters:
    ///   - asked: how long the server wants to be left alone, which is the least.
    ///   - jitter: from 0 to 1.
    mutating func pause(atLeast asked: Duration = .zero, jitter: Double = .random(in: 0...1)) -> Duration {
        defer { next = min(longest, next * 2) }
        return max(next, asked) + next * (Self.chance * jitter)
    }
}
