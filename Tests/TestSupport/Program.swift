import Foundation

/// A program that a test runs.
package struct Program {
    package let path: String
    package var arguments: [String] = []
    package var folder = "/"
    /// Variables beside those of the tests.
    package var environment: [String: String] = [:]

    package init(path: String, arguments: [String] = [], folder: String = "/", environment: [String: String] = [:]) {
        (self.path, self.arguments, self.folder, self.environment) = (path, arguments, folder, environment)
    }

    /// The programs of this package lie beside its tests.
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

    /// Runs it to its end; what it prints is kept in a file, which no amount of it can fill.
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

    /// Runs a server for the time of a closure, which gets the first URL that the server prints.
    ///
    /// - Returns: the exit code, after SIGTERM.
    package func serve(_ body: (String) async throws -> Void) async throws -> Int32 {
        try await serve { url, _ in try await body(url) }
    }

    /// As the other, for a closure that wants the process identifier, too.
    ///
    /// - Parameter isStoppedByBody: whether the closure has sent the signal itself.
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

    /// Reads until there is a URL, or the end; what comes later is read and dropped.
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

    struct Failure: Error { let message: String }
}
