import CLinux
import Glibc

/// The reason why an operation on a file of a sandbox failed, and how the files API reports it.
struct FileError: Error, Sendable, Equatable {
    /// The `errno` of the call that failed.
    let number: Int32
    /// The path as the client gave it.
    let path: String

    /// Returns the error of the system call that has just failed.
    static func last(_ path: String) -> FileError { FileError(number: clinux_errno(), path: path) }

    /// The status code: 404 if nothing is there, 403 if access is denied, 409 if something is in the way, else 400.
    var status: Int {
        switch number {
        case ENOENT, ENOTDIR: 404
        case EACCES, EPERM, EROFS: 403
        case EEXIST: 409
        default: 400
        }
    }

    /// The error code that newer servers also send.
    var code: String {
        switch status {
        case 404: "FILE_NOT_FOUND"
        case 403: "FILE_ACCESS_DENIED"
        case 409: "CONFLICT"
        default: "INVALID_FILE_PATH"
        }
    }

    /// The message, which names the error and the file.
    var message: String {
        number == ENOENT ? "file not found: \(path)" : "\(String(cString: strerror(number)).asciiLowercased): \(path)"
    }
}
