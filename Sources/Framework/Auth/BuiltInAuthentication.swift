public import BenchmarkTransport
import Foundation

/// The authentication of a service that does not bring its own: open, or one static key.
///
/// With a key, a request must carry `authorization: Bearer <key>`, to the byte.
public struct BuiltInAuthentication: Sendable {
    private let expected: [UInt8]?

    /// Authentication with a static key; nil or empty lets everybody in.
    public init(apiKey: String?) {
        expected = apiKey.flatMap { $0.isEmpty ? nil : Array("Bearer \($0)".utf8) }
    }

    /// As `BENCHMARK_API_KEY` said when it was first looked at.
    public static let environment = BuiltInAuthentication(
        apiKey: ProcessInfo.processInfo.environment["BENCHMARK_API_KEY"]
    )

    /// The authentication of the app on whose behalf the calling code runs.
    @TaskLocal static var current = environment

    /// Whether everybody is let in.
    public var isOpen: Bool { expected == nil }

    /// Whether the request may pass.
    ///
    /// Takes the same time wherever the key differs.
    public func allows(_ headers: HTTPFields) -> Bool {
        guard let expected else { return true }
        let given = headers.rawValue(of: .authorization) ?? []
        var difference = given.count ^ expected.count
        for (index, byte) in expected.enumerated() {
            difference |= Int(byte ^ (index < given.count ? given[index] : 0))
        }
        return difference == 0
    }
}
