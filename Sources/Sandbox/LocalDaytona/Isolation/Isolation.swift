/// How the processes of a sandbox are isolated from the machine.
public enum Isolation: Sendable, Hashable {
    /// Separate namespaces: a private root with the host's system directories read-only, and only its own processes.
    case namespaces
    /// Only a private directory: API paths are mapped into it, but absolute paths inside commands are the host's.
    case none
}

/// How namespaces are created on this machine, which depends on the user.
enum NamespaceKind: Sendable, Hashable {
    /// As root: mount and PID namespaces.
    case privileged
    /// As a normal user: the same inside a user namespace in which the user is root.
    case user

    /// Returns the program and arguments that start `arguments` in new namespaces.
    func unshare(_ arguments: [String]) -> [String] {
        let user = self == .user ? ["--user", "--map-root-user"] : []
        return ["unshare"] + user + ["--mount", "--pid", "--fork", "--kill-child", "--"] + arguments
    }

    /// Returns the program and arguments that start `arguments` in the namespaces of a process, as a session leader.
    ///
    /// The capabilities that would let a command undo the read-only mounts, or reach devices or the kernel, are
    /// dropped; those left are the ones that containers usually have. No program is looked up in the command's `PATH`:
    /// the first one may itself be an argument of another.
    func enter(_ pid: Int32, _ arguments: [String]) -> [String] {
        let user = self == .user ? ["--user", "--preserve-credentials"] : []
        let rights = "-all,+" + Self.capabilities.joined(separator: ",+")
        return [program("nsenter"), "--target", "\(pid)"] + user
            + ["--mount", "--pid", "--", program("setsid"), program("setpriv"), "--bounding-set=\(rights)", "--"]
            + arguments
    }

    /// Returns the path of a program, found without consulting the environment.
    private func program(_ name: String) -> String { Spawn.find(name) ?? name }

    private static let capabilities = [
        "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
        "net_raw", "sys_chroot", "audit_write", "setfcap",
    ]
}
