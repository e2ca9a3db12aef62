/// Where a sandbox is in its life cycle, by the names of the API.
///
/// Servers may add states.
public struct SandboxState: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name.
    public let rawValue: String

    /// Creates the state with a name, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Being created.
    public static let creating = SandboxState(rawValue: "creating")
    /// Waiting for its image to be built.
    public static let pendingBuild = SandboxState(rawValue: "pending_build")
    /// Its image is being built.
    public static let buildingSnapshot = SandboxState(rawValue: "building_snapshot")
    /// Its snapshot is being fetched.
    public static let pullingSnapshot = SandboxState(rawValue: "pulling_snapshot")
    /// Being started.
    public static let starting = SandboxState(rawValue: "starting")
    /// Running: commands and files can be used.
    public static let started = SandboxState(rawValue: "started")
    /// Being stopped.
    public static let stopping = SandboxState(rawValue: "stopping")
    /// Not running; its files are kept.
    public static let stopped = SandboxState(rawValue: "stopped")
    /// Being archived.
    public static let archiving = SandboxState(rawValue: "archiving")
    /// Stopped, with its files in cheaper storage.
    public static let archived = SandboxState(rawValue: "archived")
    /// Being restored from archive storage.
    public static let restoring = SandboxState(rawValue: "restoring")
    /// Being deleted.
    public static let destroying = SandboxState(rawValue: "destroying")
    /// Deleted.
    public static let destroyed = SandboxState(rawValue: "destroyed")
    /// Broken; ``SandboxInfo/errorReason`` says why.
    public static let error = SandboxState(rawValue: "error")
    /// Its image could not be built.
    public static let buildFailed = SandboxState(rawValue: "build_failed")
    /// Not reported.
    public static let unknown = SandboxState(rawValue: "unknown")

    /// Returns whether a sandbox in this state will not reach the wanted one by itself.
    func rulesOut(_ wanted: SandboxState) -> Bool {
        if self == wanted { return false }
        switch self {
        case .error, .buildFailed, .destroyed: return true
        case .destroying: return wanted != .destroyed && wanted != .stopped
        default: return false
        }
    }

    /// The name.
    public var description: String { rawValue }
}
