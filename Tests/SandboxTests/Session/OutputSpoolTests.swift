import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Output for a slow reader", .timeLimit(.minutes(5)))
struct OutputSpoolTests {
    /// A spool and its event loop.
    private actor Owner {
        nonisolated let loop: EventLoop = EventLoopGroup.shared.next()
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        let spool: OutputSpool

        init(_ limits: CommandLimits) { spool = OutputSpool(limits) }

        func append(_ bytes: [UInt8]) async { await spool.append(bytes[...]) }
        func next() async throws -> [UInt8]? { try await spool.next().map { Array($0) } }
        func finish(throwing error: (any Error)? = nil) { spool.finish(throwing: error) }
        func isFull() -> Bool { spool.isFull }
        func waitUntilDrained() async throws { try await spool.waitUntilDrained() }

        func rest() async throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let more = try await spool.next() { bytes += more }
            return bytes
        }
    }

    private static func limits(_ held: Int, _ spooled: Int, folder: String? = nil) -> CommandLimits {
        var limits = CommandLimits()
        (limits.maxHeldBytes, limits.maxSpoolBytes, limits.spoolFolder) = (held, spooled, folder)
        return limits
    }

    private static func bytes(_ count: Int, from first: Int = 0) -> [UInt8] {
        (first..<first + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    @Test(
        "output is read as it was written, whether it was in memory, in the file or beyond both",
        arguments: [(1000, 0), (10, 1_000_000), (0, 1_000_000), (100, 300), (0, 0), (1_000_000, 1_000_000)]
    )
    func order(_ held: Int, _ spooled: Int) async throws {
        let owner = Owner(Self.limits(held, spooled))
        let all = Self.bytes(200_000)
        var generator = SystemRandomNumberGenerator()
        let sizes = (0..<4000).map { _ in Int.random(in: 1...200, using: &generator) }
        async let written: Void = {
            var offset = 0
            for size in sizes where offset < all.count {
                let piece = Array(all[offset..<min(all.count, offset + size)])
                await owner.append(piece)
                offset += piece.count
                if await owner.isFull() { try await owner.waitUntilDrained() }
            }
            await owner.append(Array(all[offset...]))
            await owner.finish()
        }()
        #expect(try await owner.rest() == all)
        try await written
    }

    @Test("the spool fills memory and then an invisible file until it is full, and is empty again once it is read")
    func ceilings() async throws {
        try await withTemporaryDirectory { folder in
            let owner = Owner(Self.limits(100, 200, folder: folder))
            for round in 0..<3 {
                let all = Self.bytes(320, from: round * 1000)
                await owner.append(Array(all[..<100]))
                await owner.append(Array(all[100..<300]))
                #expect(await owner.isFull() == false)
                await owner.append(Array(all[300...]))
                #expect(await owner.isFull())
                #expect(try files(below: folder) == [])

                var taken: [UInt8] = []
                while taken.count < all.count { taken += try #require(try await owner.next()) }
                #expect(taken == all)
                try await owner.waitUntilDrained()
                #expect(await owner.isFull() == false)
            }
        }
    }

    @Test("the spool is full beyond memory if no file can be created")
    func noFile() async throws {
        let owner = Owner(Self.limits(10, 1000, folder: "/nowhere/at/all"))
        await owner.append(Self.bytes(10))
        #expect(await owner.isFull() == false)
        await owner.append([1, 2])
        #expect(await owner.isFull())
        await owner.finish()
        #expect(try await owner.rest() == Self.bytes(10) + [1, 2])
    }

    @Test("a temporary file that is shorter than it should be is an error that says so")
    func shortFile() throws {
        let file = try SpoolFile.create(in: nil)
        try file.write([1, 2, 3], at: 0)
        #expect(try file.read(2, at: 1) == [2, 3])
        let error = #expect(throws: SandboxError.self) { try file.read(3, at: 1) }
        #expect(error?.message == "a temporary file is shorter than what was written to it")
    }

    @Test("an error is delivered after all output before it")
    func failure() async throws {
        let owner = Owner(Self.limits(2, 4))
        await owner.append([1, 2, 3, 4, 5, 6, 7])
        await owner.finish(throwing: SandboxError(.failed, "over"))
        var taken: [UInt8] = []
        let error = await #expect(throws: SandboxError.self) {
            while let more = try await owner.next() { taken += more }
        }
        #expect(taken == [1, 2, 3, 4, 5, 6, 7])
        #expect(error?.message == "over")
    }

    @Test("a reader and a writer that wait can be cancelled")
    func cancellation() async throws {
        let owner = Owner(Self.limits(0, 0))
        let reader = Task { try await owner.next() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        await owner.append([1])
        let writer = Task { try await owner.waitUntilDrained() }
        writer.cancel()
        await #expect(throws: CancellationError.self) { try await writer.value }
        #expect(try await owner.next() == [1])
    }
}
