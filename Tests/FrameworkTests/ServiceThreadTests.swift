import BenchmarkFramework
import Foundation
import TestSupport
import Testing

@Suite("Where service code runs")
struct ServiceThreadTests {
    @Test("methods that block their threads hold up neither requests, nor Pings, nor other streams")
    func blocking() async throws {
        let gate = Gate()
        let tasks: Dataset<SampleService.Item> = [
            "blocking": .custom { stream in
                try await stream.message("blocked")
                gate.block()
                try await stream.result(["status": "ok"])
            },
            "quick": .custom { stream in try await stream.result(["status": "quick"]) },
        ]
        try await withSampleStreams(custom: tasks) { client, running in
            let sockets = try await (0..<32).asyncMap { _ in
                let fields = client.sandboxCredentials?.headers ?? HTTPFields()
                let socket = try await directClient().openWebSocket(
                    try HTTPURL(running.url + "/ws/setup-task"),
                    fields: fields
                )
                let request = #"{"task_id":"blocking","instance_id":"sandbox-1","dataset":"custom"}"#
                try await socket.send(request)
                return socket
            }
            // Each has entered its method and will soon block its thread.
            for socket in sockets { _ = try await socket.receive() }
            gate.waitUntilBlocked(32)

            #expect(await client.health())
            for socket in sockets { try await socket.ping() }
            var chunks: [StreamChunk] = []
            for try await chunk in client.setupTask("quick", instanceID: StubDaytona.sandboxID, dataset: "custom") {
                chunks.append(chunk)
            }
            #expect(chunks == [.result(["status": "quick"])])

            gate.open()
            for socket in sockets {
                let result = try await socket.receive()
                #expect(try result.map { try StreamChunk(parsing: $0.bytes) } == .result(["status": "ok"]))
                await socket.release()
            }
        }
    }

    @Test("service code runs neither on an event loop's thread nor in the global pool")
    func threads() async throws {
        let names = Locked<[String]>([])
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in
                names.withLock { $0.append(currentThreadName()) }
                try await stream.message("a")
                names.withLock { $0.append(currentThreadName()) }
                await withTaskGroup { group in
                    group.addTask { names.withLock { $0.append(currentThreadName()) } }
                }
            }
        ]
        try await withSampleStreams(custom: tasks) { client, _ in
            for try await _ in client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom") {}
        }
        #expect(names.withLock { $0 } == ["service", "service", "service"])
    }

    @Test("when the caller leaves, the stream's task is cancelled and its cleanup runs, even while it is silent")
    func disconnect() async throws {
        let started = OneShotEvent()
        let cleaned = OneShotEvent()
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in
                try await stream.message("started")
                defer { cleaned.fire() }
                started.fire()
                try await OneShotEvent().waitUnlessCancelled()  // silent forever
            }
        ]
        try await withSampleStreams(custom: tasks) { client, _ in
            do {
                for try await _ in client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom") { break }
            }
            await started.wait()
            await cleaned.wait()
        }
    }

    @Test("a graceful stop closes streams with 1012 and waits for their cleanup")
    func shutdown() async throws {
        let cleaned = OneShotEvent()
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in
                do {
                    try await stream.message("started")
                    try await OneShotEvent().waitUnlessCancelled()
                } catch {
                    await EventLoopGroup.shared.next().startTask {}.value
                    cleaned.fire()
                }
            }
        ]
        try await withSampleStreams(custom: tasks) { client, running in
            let socket = try await directClient().openWebSocket(
                try HTTPURL(running.url + "/ws/setup-task"),
                fields: client.sandboxCredentials?.headers ?? HTTPFields()
            )
            try await socket.send(#"{"task_id":"t","instance_id":"sandbox-1","dataset":"custom"}"#)
            _ = try await socket.receive()
            async let stopped: Void = running.stop()
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == "1012 ")
            await socket.release()
            await stopped
            #expect(cleaned.hasFired)
        }
    }

    @Test("a stream does not run ahead of a reader that takes nothing")
    func backPressure() async throws {
        let written = Locked(0)
        let stream = ChunkStream { writer in
            for _ in 0..<100_000 {
                try await writer.message(String(repeating: "x", count: 1000))
                written.withLock { $0 += 1 }
            }
        }
        let executor = ServiceExecutor(maxThreads: 1)
        try await ServiceExecutor.$current.withValue(executor) {
            var iterator = stream.makeAsyncIterator()
            #expect(try await iterator.next() != nil)
            // The only thread is free once the writer waits.
            try await executor.run {}
            // 64 KiB of chunks of 1 KB, the chunks taken with the first, and the one that waits.
            #expect(written.withLock { $0 } < 200)
        }
    }
}

/// A gate that blocks threads until it is opened.
private final class Gate: @unchecked Sendable {
    // Safe to share: the state is touched with the condition's lock held.
    private let condition = NSCondition()
    private var blocked = 0
    private var isOpen = false

    func block() {
        condition.lock()
        blocked += 1
        condition.broadcast()
        while !isOpen { condition.wait() }
        condition.unlock()
    }

    func waitUntilBlocked(_ count: Int) {
        condition.lock()
        while blocked < count { condition.wait() }
        condition.unlock()
    }

    func open() {
        condition.lock()
        isOpen = true
        condition.broadcast()
        condition.unlock()
    }
}

func currentThreadName() -> String {
    let path = "/proc/thread-self/comm"
    let name = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: name, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

extension Sequence {
    fileprivate func asyncMap<R>(_ transform: (Element) async throws -> R) async rethrows -> [R] {
        var results: [R] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
