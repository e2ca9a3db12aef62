import CLinux
import Glibc

/// The metadata of one file as the files API reports it.
struct FileInfo: Sendable {
    let name: String
    let size: Int
    let mode: mode_t
    let modified: Timestamp
    let owner: uid_t
    let group: gid_t

    init(name: String, _ status: stat) {
        self.name = name
        size = Int(status.st_size)
        mode = status.st_mode
        modified = Timestamp(status.st_mtim)
        owner = status.st_uid
        group = status.st_gid
    }

    /// Whether it is a folder.
    var isDirectory: Bool { Self.kind(mode) == Glibc.S_IFDIR }

    /// The permissions as four octal digits.
    var permissions: String {
        let digits = String(mode & 0o777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    /// The mode in the notation of the daemon's language, which is not quite that of `ls`: `drwxr-xr-x`, `dtrwxrwxrwx`.
    var modeText: String {
        var text = ""
        switch Self.kind(mode) {
        case Glibc.S_IFDIR: text += "d"
        case Glibc.S_IFLNK: text += "L"
        case Glibc.S_IFBLK: text += "D"
        case Glibc.S_IFCHR: text += "Dc"
        case Glibc.S_IFIFO: text += "p"
        case Glibc.S_IFSOCK: text += "S"
        default: break
        }
        if mode & 0o4000 != 0 { text += "u" }
        if mode & 0o2000 != 0 { text += "g" }
        if mode & 0o1000 != 0 { text += "t" }
        if text.isEmpty { text = "-" }
        for (bit, letter) in zip((0..<9).reversed(), "rwxrwxrwx") { text.append(mode & (1 << bit) != 0 ? letter : "-") }
        return text
    }

    /// Returns the bits of a mode that hold the type of the file.
    static func kind(_ mode: mode_t) -> mode_t { mode & Glibc.S_IFMT }
}
