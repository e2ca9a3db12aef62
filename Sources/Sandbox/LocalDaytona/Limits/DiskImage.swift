import BenchmarkTransport
import Glibc

/// A file system of fixed size for the files of one sandbox: an image file, mounted over a folder.
///
/// The image is a sparse file, which takes only as much of the disk as it holds. Requires root.
struct DiskImage: Sendable {
    private let image: String
    private let folder: String
    private let loop: EventLoop

    /// - Parameters:
    ///   - image: the path of the file.
    ///   - folder: where it is mounted; must exist.
    init(_ image: String, on folder: String, loop: EventLoop) {
        (self.image, self.folder, self.loop) = (image, folder, loop)
    }

    /// Creates the image unless it exists, and mounts it.
    nonisolated(nonsending) func mount(byteCount: Int) async throws {
        if MountTable.current().points.contains(folder) { return }
        if access(image, F_OK) != 0 {
            let file = try Descriptor.open(image, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            guard ftruncate(file.number, off_t(byteCount)) == 0 else {
                let error = SandboxError.lastError("cannot make '\(image)' with \(byteCount) bytes")
                unlink(image)
                throw error
            }
            // No journal and no reserved blocks: nothing here outlives a crash, and all of the space is the sandbox's.
            let format = [
                "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "root_owner=\(getuid()):\(getgid())",
            ]
            do { try await Self.run(format + [image], loop) } catch {
                unlink(image)
                throw error
            }
        }
        try await Self.run(["mount", "-o", "loop,nodev", image, folder], loop)
        rmdir("\(folder)/lost+found")
        chmod(folder, 0o755)
    }

    /// Unmounts the image; its content is lost once the file is removed.
    nonisolated(nonsending) func unmount() async { await MountTable.unmount(folder, loop) }

    /// Returns whether this machine supports disk images, by trying a small one.
    nonisolated(nonsending) static func probe(in folder: String, loop: EventLoop) async -> Bool {
        guard geteuid() == 0, Spawn.find("mkfs.ext4") != nil, mkdir("\(folder)/probe-disk", 0o700) == 0 else {
            return false
        }
        let image = DiskImage("\(folder)/probe-image", on: "\(folder)/probe-disk", loop: loop)
        let works = (try? await image.mount(byteCount: 4 << 20)) != nil
        await image.unmount()
        unlink("\(folder)/probe-image")
        return rmdir("\(folder)/probe-disk") == 0 && works
    }

    /// Runs a program of the machine; throws an error with the first line of its output if it fails.
    nonisolated(nonsending) static func run(_ arguments: [String], _ loop: EventLoop) async throws {
        // On the loop, to which the pipe belongs, whoever calls.
        let (outcome, text) = try await loop.startThrowingTask {
            let (null, printed) = (try Descriptor.open("/dev/null", O_RDWR), try Descriptor.pipe())
            let process = try ChildProcess(arguments, standard: (null, printed.write, printed.write), loop: loop)
            printed.write.close()
            let output = try BufferedStream.pipe(printed.read, on: loop)
            defer { output.close() }
            // Everything is read, since a full pipe would keep the program from ending, but not everything kept.
            var kept = [UInt8]()
            while await output.fillOrWait() {
                let bytes = output.input.take(output.input.count)
                if kept.count < 64 * 1024 { kept += bytes }
            }
            return (await process.waitForExit(), String(decoding: kept, as: UTF8.self))
        }.value
        if outcome != .exited(0) {
            throw SandboxError(.system, "\(arguments.first ?? "") failed: \(text.split(separator: "\n").first ?? "")")
        }
    }
}

/// The mounts of this process's namespace.
struct MountTable: Sendable {
    /// The mount points, in the order in which they were mounted.
    let points: [String]

    /// - Parameter text: the content of `/proc/self/mountinfo` (proc(5)).
    init(_ text: String) {
        points = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            return fields.count > 5 ? String(fields[4]) : nil
        }
    }

    static func current() -> MountTable { MountTable(SystemFile.read("/proc/self/mountinfo") ?? "") }

    /// Unmounts whatever is mounted at or below a folder.
    nonisolated(nonsending) static func unmount(_ folder: String, _ loop: EventLoop) async {
        for point in current().points.reversed() where point == folder || point.hasPrefix(folder + "/") {
            do { try await DiskImage.run(["umount", point], loop) } catch {
                // Something still uses it: it is unmounted once nothing does.
                try? await DiskImage.run(["umount", "--lazy", point], loop)
            }
        }
    }
}
