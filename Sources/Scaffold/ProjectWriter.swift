import Foundation
import Glibc

/// Writes a project to a folder.
///
/// The files are written to a folder beside the project's, which is then renamed, so that there is a complete project
/// or none.
struct ProjectWriter {
    /// The folder in which the project's folder is created.
    let parent: String

    /// Writes a project and returns the path of its folder.
    ///
    /// - Throws: ``ScaffoldError`` with code `.alreadyExists` if anything has that name, even a broken link; with
    ///   `.cannotWrite` if a file cannot be written. Either nothing is left behind, or the error names what is.
    func write(_ project: Project) throws(ScaffoldError) -> String {
        let target = "\(parent == "/" ? "" : parent)/\(project.name.directory)"
        try check(target)
        let draft = "\(parent)/.\(project.name.directory).\(String(UInt64.random(in: .min ... .max), radix: 36))"
        do throws(ScaffoldError) {
            for file in project.files { try write(file, in: draft) }
            try rename(draft, to: target)
        } catch {
            throw cleanUp(draft, after: error)
        }
        return target
    }

    /// Throws if there is anything at a path.
    private func check(_ path: String) throws(ScaffoldError) {
        var status = stat()
        if lstat(path, &status) == 0 { throw Self.alreadyExists(path) }
    }

    private func write(_ file: Project.File, in folder: String) throws(ScaffoldError) {
        let url = URL(fileURLWithPath: "\(folder)/\(file.path)")
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(file.text.utf8).write(to: url)
        } catch {
            throw ScaffoldError(.cannotWrite, "cannot write \(url.path): \(error.localizedDescription)")
        }
    }

    /// Renames a folder.
    ///
    /// If something has been created there since the check, it is replaced only if it is an empty folder.
    private func rename(_ source: String, to target: String) throws(ScaffoldError) {
        if Glibc.rename(source, target) == 0 { return }
        switch errno {
        case EEXIST, ENOTEMPTY, ENOTDIR: throw Self.alreadyExists(target)
        case let code:
            throw ScaffoldError(
                .cannotWrite,
                "cannot rename \(source) to \(target): \(String(cString: strerror(code)))"
            )
        }
    }

    private func cleanUp(_ draft: String, after error: ScaffoldError) -> ScaffoldError {
        var status = stat()
        guard lstat(draft, &status) == 0 else { return error }
        do {
            try FileManager.default.removeItem(atPath: draft)
            return error
        } catch {}
        return ScaffoldError(error.code, "\(error.message); what was written is in \(draft)")
    }

    private static func alreadyExists(_ path: String) -> ScaffoldError {
        ScaffoldError(.alreadyExists, "'\(path)' already exists")
    }
}
