import CLinux
import Glibc

/// Starts programs.
enum Spawn {
    /// The search path for programs, here and inside sandboxes.
    ///
    /// The server's own `PATH` may include directories in a user's home.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The environment of the tools that the server itself needs.
    static let toolEnvironment = ["PATH=\(path)", "LC_ALL=C"]

    /// Starts a program in its own session, with no descriptors but the three given ones.
    ///
    /// - Parameters:
    ///   - arguments: the program, looked up in ``path`` unless it is an absolute path, and its arguments.
    ///   - environment: the complete environment of the program, as `NAME=value`.
    ///   - directory: the working directory; `nil` for the server's.
    /// - Returns: the process ID. The caller must wait for the process.
    static func start(
        _ arguments: [String],
        environment: [String] = toolEnvironment,
        directory: String? = nil,
        standard: (input: Descriptor, output: Descriptor, error: Descriptor)
    ) throws(SandboxError) -> pid_t {
        guard let name = arguments.first, let program = find(name) else {
            throw SandboxError(.launchFailed, "no program '\(arguments.first ?? "")' in \(path)")
        }
        var (argv, envp) = (arguments.map { strdup($0) }, environment.map { strdup($0) })
        defer { for text in argv + envp { free(text) } }
        argv.append(nil)
        envp.append(nil)
        let descriptors = [standard.input.number, standard.output.number, standard.error.number]
        var pid: pid_t = 0
        let failure =
            if let directory { clinux_spawn(&pid, program, argv, envp, descriptors, directory) } else {
                clinux_spawn(&pid, program, argv, envp, descriptors, nil)
            }
        guard failure == 0 else {
            throw SandboxError(.launchFailed, "cannot start '\(name)': \(String(cString: strerror(failure)))")
        }
        return pid
    }

    /// Returns the path of a program; `nil` if it is not found.
    static func find(_ name: String) -> String? {
        if name.utf8.first == UInt8(ascii: "/") { return name }
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
