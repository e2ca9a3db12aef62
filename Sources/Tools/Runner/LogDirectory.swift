import Foundation

/// The `--out` folder: a log per task, and the results.
struct LogDirectory: Sendable {
    private let path: String

    /// Creates the folder.
    init(_ path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Appends to a task's log.
    ///
    /// A log that cannot be written is no reason to end a run.
    func append(_ taskID: String, _ text: String) {
        guard let file = fopen("\(path)/\(name(taskID)).log", "a") else { return }
        fputs(text, file)
        fclose(file)
    }

    /// Writes `results.json`.
    func write(_ results: [UInt8]) throws {
        try Data(results).write(to: URL(fileURLWithPath: "\(path)/results.json"))
    }

    /// Returns the id as a file name; characters that could lead elsewhere become `_`.
    private func name(_ taskID: String) -> String {
        let safe = taskID.unicodeScalars.map { $0 == "/" || $0.value < 0x21 ? "_" : String($0) }.joined()
        return safe.hasPrefix(".") ? "_" + safe.dropFirst() : safe
    }
}
