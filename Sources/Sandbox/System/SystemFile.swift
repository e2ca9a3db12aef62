import CLinux
import Glibc

/// A file provided by the kernel, or another short one.
enum SystemFile {
    /// Returns all of it as text, or `nil` if it cannot be read.
    static func read(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// Returns what a symbolic link says, or `nil` if it cannot be read.
    static func target(ofLink path: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &text, text.count)
        return count < 0 ? nil : String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Returns all of it, or `nil` if it cannot be read.
    static func bytes(_ path: String) -> [UInt8]? {
        guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(file.number, &piece, piece.count)
            if count < 0, clinux_errno() == EINTR { continue }
            if count <= 0 { return count == 0 ? bytes : nil }
            bytes += piece[..<count]
        }
    }
}
