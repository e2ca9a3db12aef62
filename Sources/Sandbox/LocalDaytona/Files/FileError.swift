import CLinux
import Glibc

/// Why an operation on a file of a sandbox failed, and how the files API answers it.
struct FileError: Error, Sendable, Equatable {
    /// The `errno` of the call that failed.
    let number: Int32
    /// The path as the client gave it.
    let path: String

    /// The failure of the system call just made.
    static func last(_ path: String) -> FileError { FileError(number: clinux_errno(), path: path) }

    /// 404 for what is not there, 403 for what is not allowed, 409 for what is in the way, 400 for all else.
    var status: Int {
        switch number {
        case ENOENT, ENOTDIR: 404
        case EACCES, EPERM, EROFS: 403
        case EEXIST: 409
        default: 400
        }
    }

    /// The code that newer servers send along.
    var code: String {
        switch status {
        case 404: "FILE_NOT_FOUND"
        case 403: "FILE_ACCESS_DENIED"
        case 409: "CONFLICT"
        default: "INVALID_FILE_PATH"
        }
    }

    /// What happened to which file.
    var message: String {
        number == ENOENT ? "file not found: \(path)" : "\(String(cString: strerror(number)).asciiLowercased): \(path)"
    }
}
