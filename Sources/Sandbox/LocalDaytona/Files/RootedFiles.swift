import CLinux
import Glibc

/// The files of one sandbox, as the server accesses them.
///
/// The kernel resolves every path below the sandbox's root, as if that were "/": no link, no "..", and no change that a
/// running command makes in the meantime leads out of it. Calls may block on the disk, and those on whole folders for
/// longer than an event loop may; none waits for another process.
struct RootedFiles: Sendable {
    /// The root directory.
    let root: Descriptor
    /// The directory that relative paths start from.
    let workingDirectory: String

    /// Returns the absolute path that a client's path stands for.
    func absolute(_ path: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : "\(workingDirectory)/\(path)"
    }

    /// How often an attempt to open a file is repeated.
    private static let maxRepetitionCount = 100

    /// Opens a file, without following a link out of the sandbox or waiting for the other end of a named pipe.
    func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(FileError) -> Descriptor {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw FileError(number: EINVAL, path: path) }
        let more = flags & clinux_O_PATH == 0 ? O_NONBLOCK | O_NOCTTY : 0
        for _ in 0..<Self.maxRepetitionCount {
            let number = clinux_open_in_root(root.number, absolute(path), flags | more, mode)
            if number >= 0 { return Descriptor(owning: number) }
            // A rename interfered with the resolution, and the kernel asks to try again; or a process holds a lease on
            // the file (fcntl(2), `F_SETLEASE`), which it may keep for long.
            guard clinux_errno() == EAGAIN || clinux_errno() == EINTR else { throw .last(path) }
        }
        throw FileError(number: EAGAIN, path: path)
    }

    /// Opens a folder.
    func openDirectory(_ path: String) throws(FileError) -> Descriptor { try open(path, clinux_O_PATH | O_DIRECTORY) }

    /// Opens a regular file for reading, and returns it with its length in bytes.
    func openForReading(_ path: String) throws(FileError) -> (file: Descriptor, byteCount: Int) {
        let file = try open(path, O_RDONLY)
        let status = try Self.status(file, path)
        switch FileInfo.kind(status.st_mode) {
        case Glibc.S_IFREG: return (file, Int(status.st_size))
        case Glibc.S_IFDIR: throw FileError(number: EISDIR, path: path)
        default: throw FileError(number: EINVAL, path: path)
        }
    }

    /// Opens a file for writing, truncated if it exists; creates missing parent folders with mode 0755.
    func create(_ path: String) throws(FileError) -> Descriptor {
        do {
            return try open(path, O_WRONLY | O_TRUNC)
        } catch  where error.number == ENOENT {
            let parent = Self.split(absolute(path)).parent
            try makeDirectories(parent)
            // O_EXCL fails for a dangling link, whose target the second attempt creates.
            if let new = try? open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644) {
                fchmod(new.number, 0o644)
                return new
            }
            return try open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        }
    }

    /// Removes a file that is open for writing.
    ///
    /// A file that does not have that name itself, because a link led to it or it was moved, is truncated instead.
    func discard(_ file: Descriptor, at path: String) {
        guard let opened = try? Self.status(file, path), FileInfo.kind(opened.st_mode) == Glibc.S_IFREG else { return }
        var named = stat()
        if let (directory, name) = try? parent(of: path),
            fstatat(directory.number, name, &named, AT_SYMLINK_NOFOLLOW) == 0, named.st_dev == opened.st_dev,
            named.st_ino == opened.st_ino, unlinkat(directory.number, name, 0) == 0
        {
            return
        }
        ftruncate(file.number, 0)
    }

    /// Creates a folder and its parents, unless they exist.
    func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(FileError) {
        do {
            _ = try openDirectory(path)
        } catch  where error.number == ENOENT {
            let (parent, name) = Self.split(absolute(path))
            guard parent.utf8.count < absolute(path).utf8.count, !name.isEmpty else { throw error }
            try makeDirectories(parent)
            let above = try openDirectory(parent)
            guard mkdirat(above.number, name, mode) == 0 || clinux_errno() == EEXIST else { throw .last(path) }
            // The server's umask must not apply. A link put here in the meantime is not followed.
            let made = clinux_open_in_root(above.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
            guard made >= 0 else { throw .last(path) }
            fchmod(made, mode)
            close(made)
        }
    }

    /// Returns the metadata of a file, following links.
    func info(_ path: String) throws(FileError) -> FileInfo {
        let file = try open(path, clinux_O_PATH)
        return FileInfo(name: Self.split(absolute(path)).name, try Self.status(file, path))
    }

    /// Returns the entries of a folder, sorted by name; for links, their targets unless they are dangling.
    func list(_ path: String) throws(FileError) -> [FileInfo] {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        return try Self.names(in: directory, path).compactMap { name in
            if let followed = try? info("\(absolute(path))/\(name)") { return followed }
            var status = stat()
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
            return FileInfo(name: name, status)
        }
    }

    /// Returns the folder that holds a file, and the file's name in it.
    func parent(of path: String) throws(FileError) -> (directory: Descriptor, name: String) {
        let (parent, name) = Self.split(absolute(path))
        // The kernel would cut the name at a zero byte, which makes it the name of another file.
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0) else {
            throw FileError(number: EINVAL, path: path)
        }
        return (try openDirectory(parent), name)
    }

    /// Renames a file; nothing may exist at the destination.
    func move(_ source: String, to destination: String) throws(FileError) {
        let (from, to) = (try parent(of: source), try parent(of: destination))
        // A dangling link is in the way as well.
        var status = stat()
        guard fstatat(to.directory.number, to.name, &status, AT_SYMLINK_NOFOLLOW) != 0 else {
            throw FileError(number: EEXIST, path: destination)
        }
        if clinux_rename_new(from.directory.number, from.name, to.directory.number, to.name) == 0 { return }
        switch clinux_errno() {
        case EEXIST: throw FileError(number: EEXIST, path: destination)
        // The file system cannot check that by itself.
        case EINVAL, ENOSYS: break
        default: throw .last(source)
        }
        guard renameat(from.directory.number, from.name, to.directory.number, to.name) == 0 else { throw .last(source) }
    }

    /// Changes the permissions and owner; `nil` leaves a value unchanged.
    func setPermissions(_ path: String, mode: mode_t?, owner: uid_t?, group: gid_t?) throws(FileError) {
        let file = try open(path, clinux_O_PATH)
        // The link in /proc leads to exactly the open file; calls on the O_PATH descriptor itself are refused.
        let link = "/proc/self/fd/\(file.number)"
        if owner != nil || group != nil {
            guard chown(link, owner ?? uid_t.max, group ?? gid_t.max) == 0 else { throw .last(path) }
        }
        if let mode { guard chmod(link, mode) == 0 else { throw .last(path) } }
    }

    /// Returns the names in a folder except "." and "..", sorted by their bytes.
    static func names(in directory: Descriptor, _ path: String) throws(FileError) -> [String] {
        let copy = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last(path) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw .last(path)
        }
        defer { closedir(stream) }
        var names = [String]()
        while let entry = readdir(stream) {
            let name = entry.name
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Splits a path into everything before its last component, and that component; empty components are ignored.
    static func split(_ path: String) -> (parent: String, name: String) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard let last = parts.last else { return ("/", "") }
        let parent = parts.dropLast().map { "/\(Substring($0))" }.joined()
        return (parent.isEmpty ? "/" : parent, String(Substring(last)))
    }

    private static func status(_ file: Descriptor, _ path: String) throws(FileError) -> stat {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw .last(path) }
        return status
    }
}
