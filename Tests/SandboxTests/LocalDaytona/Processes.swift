import Glibc

@testable import BenchmarkSandbox

/// The processes of the machine.
enum Processes {
    /// Returns the number of processes, except zombies, that have `word` as an argument.
    static func count(withArgument word: String) -> Int {
        guard let directory = opendir("/proc") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            guard let pid = pid_t(entry.name), let file = fopen("/proc/\(pid)/cmdline", "r") else { continue }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let length = fread(&bytes, 1, bytes.count, file)
            if bytes[..<length].split(separator: 0).contains(where: { $0.elementsEqual(word.utf8) }) { count += 1 }
        }
        return count
    }
}
