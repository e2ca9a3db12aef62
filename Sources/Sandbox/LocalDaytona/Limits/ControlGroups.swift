import CLinux
import Glibc

/// The places where this process may create control groups for others.
struct ControlGroups: Sendable, Hashable {
    /// `cgroup2` or `cgroup1`.
    let mechanism: LimitMechanism
    /// The folder in which groups are created, for each controller; the same for all in the unified hierarchy.
    let folders: [Controller: String]

    /// A resource that a group limits.
    enum Controller: String, Sendable, Hashable, CaseIterable {
        case memory, cpu, pids
    }

    /// The controllers that are not available.
    var missing: [Controller] { Controller.allCases.filter { folders[$0] == nil } }

    // MARK: Finding

    /// One line of `/proc/self/mountinfo` (proc(5)): a mounted hierarchy.
    private struct Mount {
        let root: String
        let point: String
        let isUnified: Bool
        let controllers: Set<String>

        init?(_ line: Substring) {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let (left, right) = (halves[0].split(separator: " "), halves[1].split(separator: " "))
            guard left.count >= 5, right.count >= 3, right[0] == "cgroup" || right[0] == "cgroup2" else { return nil }
            (root, point) = (String(left[3]), String(left[4]))
            isUnified = right[0] == "cgroup2"
            controllers = Set(right[2].split(separator: ",").map(String.init))
        }

        /// Returns the folder of a group with the given path in `/proc/self/cgroup`.
        func folder(of path: String) -> String {
            if root != "/", path == root { return point }
            if root != "/", path.hasPrefix(root + "/") { return point + path.dropFirst(root.count) }
            return path == "/" ? point : point + path
        }
    }

    /// Returns the folders in which groups might be created, best first, according to the kernel's files.
    ///
    /// - Parameters:
    ///   - mounts: the content of `/proc/self/mountinfo`.
    ///   - membership: the content of `/proc/self/cgroup`.
    static func candidates(mounts: String, membership: String) -> [ControlGroups] {
        let mounts = mounts.split(separator: "\n").compactMap { Mount($0) }
        var paths: [String: String] = [:]
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(name)] = String(parts[2])
            }
        }
        var found: [ControlGroups] = []
        for mount in mounts where mount.isUnified {
            // A group with processes cannot have groups below it that limit memory; one above it may.
            var folder = mount.folder(of: paths[""] ?? "/")
            while true {
                found.append(ControlGroups(mechanism: .cgroup2, folders: Self.all(in: folder)))
                guard folder != mount.point, folder.hasPrefix(mount.point + "/"),
                    let slash = folder.lastIndex(of: "/")
                else { break }
                folder = String(folder[..<slash])
            }
        }
        var folders: [Controller: String] = [:]
        for controller in Controller.allCases {
            guard let mount = mounts.first(where: { !$0.isUnified && $0.controllers.contains(controller.rawValue) })
            else { continue }
            folders[controller] = mount.folder(of: paths[controller.rawValue] ?? "/")
        }
        if !folders.isEmpty { found.append(ControlGroups(mechanism: .cgroup1, folders: folders)) }
        return found
    }

    private static func all(in folder: String) -> [Controller: String] {
        Dictionary(uniqueKeysWithValues: Controller.allCases.map { ($0, folder) })
    }

    /// Returns the folders in which groups can be created; `nil` unless memory can be limited.
    ///
    /// Creates a group and removes it again.
    func usable(name: String) -> ControlGroups? {
        if mechanism == .cgroup2, let folder = folders[.memory] {
            let wanted = Controller.allCases.filter {
                !Self.words("\(folder)/cgroup.subtree_control").contains($0.rawValue)
            }
            // Refused where the folder has processes of its own, or belongs to another user.
            for controller in wanted {
                _ = ControlGroup.write("+\(controller.rawValue)", to: "\(folder)/cgroup.subtree_control")
            }
        }
        var works: [Controller: String] = [:]
        for (controller, folder) in folders {
            let path = "\(folder)/\(name)"
            guard mkdir(path, 0o755) == 0 || clinux_errno() == EEXIST else { continue }
            let file = mechanism == .cgroup2 ? "\(controller.rawValue).max" : Self.firstFile(of: controller)
            if access("\(path)/\(file)", W_OK) == 0, access("\(path)/cgroup.procs", W_OK) == 0 {
                works[controller] = folder
            }
        }
        for folder in Set(folders.values) { rmdir("\(folder)/\(name)") }
        return works[.memory] == nil ? nil : ControlGroups(mechanism: mechanism, folders: works)
    }

    private static func words(_ path: String) -> [String] {
        SystemFile.read(path)?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
    }

    private static func firstFile(of controller: Controller) -> String {
        switch controller {
        case .memory: "memory.limit_in_bytes"
        case .cpu: "cpu.cfs_quota_us"
        case .pids: "pids.max"
        }
    }

    // MARK: Leftovers

    /// Returns the names of the groups that have a prefix.
    func names(withPrefix prefix: String) -> Set<String> {
        var names = Set<String>()
        for folder in Set(folders.values) {
            guard let opened = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY) else { continue }
            names.formUnion((try? RootedFiles.names(in: opened, folder))?.filter { $0.hasPrefix(prefix) } ?? [])
        }
        return names
    }
}
