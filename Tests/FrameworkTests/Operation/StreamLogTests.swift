import Foundation
import TestSupport
import Testing

@testable import BenchmarkFramework

@Suite("What is logged about a stream")
struct StreamLogTests {
    /// Runs one stream of a task, and returns what the service has logged once it has stopped.
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

    @Test("nothing is logged if all went well")
    func silence() async throws {
        let lines = try await logged(.stream([.message("a"), .result(["status": "ok"])]))
        #expect(lines.isEmpty)
    }

    @Test("a failure of the service is logged as a warning with the error, the task, the dataset and the request")
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

    @Test("results that are not objects are logged as one warning, however many there are")
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

    @Test("a caller that leaves before the end is logged as a warning")
    func left() async throws {
        let lines = try await logged(Self.waiting(after: .message("a"))) { stream in
            for try await _ in stream { break }
        }
        #expect(lines.map { $0["message"] } == ["the caller left before the stream ended"])
        #expect(lines.first?["level"] == "warning")
        #expect(lines.first?["task_id"] == "task-9")
    }

    @Test("a caller that leaves once it has the result is not logged as a warning, since runners wait no longer")
    func leftWithResult() async throws {
        let lines = try await logged(Self.waiting(after: .result([:])), level: .debug) { stream in
            for try await _ in stream { break }
        }
        #expect(lines.map { $0["level"] } == ["debug"])
    }
}
