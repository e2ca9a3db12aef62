import CLinux
import Glibc

/// Where this process may make control groups for others.
struct ControlGroups: Sendable, Hashable {
    /// `cgroup2` or `cgroup1`.
    let mechanism: LimitMechanism
    /// The folder in which groups are made, by the controllers that it has; the same for all in the unified hierarchy.
    let folders: [Controller: String]

    /// What a group limits.
    enum Controller: String, Sendable, Hashable, CaseIterable {
        case memory, cpu, pids
    }

    /// What is not limited.
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

        /// The folder of a group whose path the kernel tells.
        func folder(of path: String) -> String {
            if root != "/", path == root { return point }
            if root != "/", path.hasPrefix(root + "/") { return point + path.dropFirst(root.count) }
            return path == "/" ? point : point + path
        }
    }

    /// The folders in which groups could be made, the best first, as the kernel's files tell.
    ///
    /// - Parameters:
    ///   - mounts: `/proc/self/mountinfo`.
    ///   - membership: `/proc/self/cgroup`.
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
            // A group with processes has no groups below it that limit memory; one above it may have.
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

    /// These folders as far as groups can be made in them: nil unless memory can be limited.
    ///
    /// Makes a group and removes it again.
    func usable(name: String) -> ControlGroups? {
        if mechanism == .cgroup2, let folder = folders[.memory] {
            let wanted = Controller.allCases.filter {
                !Self.words("\(folder)/cgroup.subtree_control").contains($0.rawValue)
            }
            // Refused where the folder has processes of its own, or is not ours.
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

    /// The groups whose names begin in that way.
    func names(withPrefix prefix: String) -> Set<String> {
        var names = Set<String>()
        for folder in Set(folders.values) {
            guard let opened = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY) else { continue }
            names.formUnion((try? RootedFiles.names(in: opened, folder))?.filter { $0.hasPrefix(prefix) } ?? [])
        }
        return names
    }
}
