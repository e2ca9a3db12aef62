import BenchmarkFramework
import Foundation

/// The directory of the example's data.
///
/// That is `SHELL_TASKS_DATA`, else beside the sources that the program was built from, else below the working
/// directory.
enum DataDirectory {
    static func find() throws -> String {
        if let path = ProcessInfo.processInfo.environment["SHELL_TASKS_DATA"], !path.isEmpty { return path }
        let besideSources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Data"
        let candidates = [besideSources, "Examples/ShellTasks/Data", "Data"]
        for path in candidates where FileManager.default.fileExists(atPath: "\(path)/default.jsonl") { return path }
        throw ServiceError(
            .invalidData,
            "no data directory: looked in \(candidates.joined(separator: ", ")); set SHELL_TASKS_DATA"
        )
    }
}
