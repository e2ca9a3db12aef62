import Foundation
import TestSupport
import Testing

@testable import BenchmarkFramework

@Suite("What the log says about a stream")
struct StreamLogTests {
    /// Runs one stream of a task, and lends what the service has logged when it has stopped.
    private func logged(
        _ task: SampleService.Item,
        level: LogLevel = .info,
        _ follow: @Sendable (AsyncThrowingStream<StreamChunk, any Error>) async throws -> Void = {
            for try await _ in $0 {}
        }
    ) async throws -> [JSONValue] {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/log"
            try Data().write(to: URL(fileURLWithPath: path))
            let file = try #require(FileHandle(forWritingAtPath: path))
            let lines = LineLog(descriptor: file.fileDescriptor) { ServiceLog.dropped($0, isText: false) }
            let log = ServiceLog(lines, level: level, isText: false)
            try await withSampleStreams(custom: ["task-9": task], log: log) { client, _ in
                try await follow(client.setupTask("task-9", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            }
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                .map { try JSONValue(parsing: Array($0.utf8)) }
        }
    }

    @Test("is nothing where all went well")
    func silence() async throws {
        let lines = try await logged(.stream([.message("a"), .result(["status": "ok"])]))
        #expect(lines.isEmpty)
    }

    @Test("is a warning with the error, the task, the dataset and the request where the service failed")
    func failure() async throws {
        let lines = try await logged(.stream([.message("a")], throwing: SomeError()))
        #expect(lines.count == 1)
        #expect(lines.first?["level"] == "warning")
        #expect(lines.first?["message"] == "the stream failed: something secret")
        #expect(lines.first?["task_id"] == "task-9")
        #expect(lines.first?["dataset"] == "custom")
        #expect(lines.first?["path"] == "/ws/setup-task")
        #expect(lines.first?["client"] == "127.0.0.1")
        #expect(lines.first?["request_id"]?.stringValue?.utf8.count == 32)
    }

    @Test("is one warning of results that are no objects, however many there are")
    func unusualResults() async throws {
        let lines = try await logged(.stream([.result(1), .message("a"), .result([2]), .result(nil)]))
        #expect(lines.map { $0["message"] } == ["a result is not an object; runners may refuse it"])
        #expect(lines.first?["task_id"] == "task-9")
    }

    /// A stream that sends a chunk and then waits until its caller has left.
    private static func waiting(after chunk: StreamChunk) -> SampleService.Item {
        .custom { stream in
            try await stream.send(chunk)
            try await OneShotEvent().waitUnlessCancelled()
        }
    }

    @Test("is a warning where the caller leaves before the end")
    func left() async throws {
        let lines = try await logged(Self.waiting(after: .message("a"))) { stream in
            for try await _ in stream { break }
        }
        #expect(lines.map { $0["message"] } == ["the caller left before the stream ended"])
        #expect(lines.first?["level"] == "warning")
        #expect(lines.first?["task_id"] == "task-9")
    }

    @Test("is no warning where the caller has the result: runners do not wait longer")
    func leftWithResult() async throws {
        let lines = try await logged(Self.waiting(after: .result([:])), level: .debug) { stream in
            for try await _ in stream { break }
        }
        #expect(lines.map { $0["level"] } == ["debug"])
    }
}
