import BenchmarkTransport
import Foundation

/// A program that a test runs.
package struct Program {
    package let path: String
    package var arguments: [String] = []
    package var folder = "/"
    /// Environment variables in addition to those of the tests.
    package var environment: [String: String] = [:]

    package init(path: String, arguments: [String] = [], folder: String = "/", environment: [String: String] = [:]) {
        (self.path, self.arguments, self.folder, self.environment) = (path, arguments, folder, environment)
    }

    /// Returns a program of this package, which is in the directory of the test bundle.
    package static func product(_ name: String) -> String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent(name).path
    }

    private func process() -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return process
    }

    /// Runs the program to completion, with its output in files, so that no amount of it can block the program.
    package func run() async throws -> (exitCode: Int32, output: String, errorOutput: String) {
        try await withTemporaryDirectory { folder in
            let process = process()
            let paths = ["\(folder)/output", "\(folder)/errors"]
            for path in paths { try Data().write(to: URL(fileURLWithPath: path)) }
            process.standardOutput = FileHandle(forWritingAtPath: paths[0])
            process.standardError = FileHandle(forWritingAtPath: paths[1])
            let exitCode = try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
            let texts = try paths.map {
                String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self)
            }
            return (exitCode, texts[0], texts[1])
        }
    }

    /// Runs a server while a closure runs, which gets the first URL that the server prints.
    ///
    /// - Returns: The exit code after SIGTERM.
    package func serve(_ body: (String) async throws -> Void) async throws -> Int32 {
        try await serve { url, _ in try await body(url) }
    }

    /// Runs a server while a closure runs, which gets the first URL that the server prints and its process identifier.
    ///
    /// - Parameter isStoppedByBody: Whether the closure sends the signal itself.
    package func serve(
        isStoppedByBody: Bool = false,
        _ body: (String, Int32) async throws -> Void
    ) async throws -> Int32 {
        let process = process()
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = errors
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { exit.yield($0.terminationStatus) }
        try process.run()
        do {
            try await body(try await url(errors.fileHandleForReading), process.processIdentifier)
        } catch {
            process.terminate()
            throw error
        }
        if !isStoppedByBody { process.terminate() }
        for await exitCode in exits { return exitCode }
        throw CocoaError(.fileReadUnknown)
    }

    /// Reads until there is a URL or the output ends, and discards later output.
    private func url(_ handle: FileHandle) async throws -> String {
        let (pieces, piece) = AsyncStream.makeStream(of: Data.self)
        handle.readabilityHandler = { handle in
            let data = handle.availableData
            piece.yield(data)
            if data.isEmpty {
                handle.readabilityHandler = nil
                piece.finish()
            }
        }
        var text = ""
        for await data in pieces {
            text += String(decoding: data, as: UTF8.self)
            if let match = text.firstMatch(of: /https?:\/\/\S+(?=\s)/) { return String(match.output) }
        }
        throw Failure(message: "no URL in: \(text)")
    }

    /// Runs a server while a closure runs, which gets the first URL that the server prints and its process identifier.
    ///
    /// The output after that is not read, and the pipe has no room for it.
    ///
    /// - Returns: The exit code; the closure sends the signals.
    package func serveUnread(_ body: (String, Int32) async throws -> Void) async throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(message: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { for end in ends { close(end) } }
        let process = process()
        process.standardOutput = FileHandle(fileDescriptor: ends[1])
        process.standardError = FileHandle(fileDescriptor: ends[1])
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { exit.yield($0.terminationStatus) }
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        let (input, output) = (ends[0], ends[1])
        let url = try await Self.executor.run {
            let url = try Self.firstURL(input)
            try Self.fill(output)
            return url
        }
        try await body(url, process.processIdentifier)
        for await exitCode in exits { return exitCode }
        throw Failure(message: "it did not end")
    }

    /// Separate threads, since the toolkit's are for the toolkit.
    private static let executor = ServiceExecutor(maxThreads: 64, name: "program")

    private static func firstURL(_ descriptor: Int32) throws -> String {
        var text = ""
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { throw Failure(message: "no URL in: \(text)") }
            text += String(decoding: block[..<count], as: UTF8.self)
            if let match = text.firstMatch(of: /https?:\/\/\S+(?=\s)/) { return String(match.output) }
        }
    }

    /// Fills a pipe through another descriptor, since the program's own must stay blocking.
    private static func fill(_ descriptor: Int32) throws {
        let output = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard output >= 0 else { throw Failure(message: "no second opening of the pipe") }
        defer { close(output) }
        for count in [4096, 1] {
            let block = [UInt8](repeating: UInt8(ascii: "\n"), count: count)
            while write(output, block, count) > 0 {}
        }
    }

    struct Failure: Error { let message: String }
}
