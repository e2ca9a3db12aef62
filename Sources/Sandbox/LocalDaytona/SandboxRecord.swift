/// What the control plane knows about a sandbox: the request that made it, settings changed since, and its state.
struct SandboxRecord: Sendable {
    /// Where a sandbox is in its life, by the names of the API.
    enum State: String, Sendable {
        case creating, started, stopping, stopped, starting, archived, destroying, destroyed, error

        /// Whether it is on its way to another state, so that no further change can begin.
        var isTransient: Bool {
            switch self {
            case .creating, .starting, .stopping, .destroying: true
            case .started, .stopped, .archived, .destroyed, .error: false
            }
        }
    }

    let id: String
    var name: String
    var snapshot = "local"
    var user = "daytona"
    var environment = [(name: String, value: String)]()
    var labels = [(name: String, value: String)]()
    var isPublic = false
    var target = "local"
    /// As they are shown.
    var resources = Resources()
    /// What the request has named, and so limits the processes; nil if it has named none.
    var limits: ResourceLimits?
    /// The Dockerfile that was asked for.
    ///
    /// It is never run: commands see the programs of the host.
    var dockerfile: String?
    var autoStopMinutes = 15
    var autoArchiveMinutes = 7 * 24 * 60
    var autoDeleteMinutes = -1
    var state = State.creating { didSet { updatedAt = Timestamp() } }
    var desiredState = State.started
    var errorReason: String?
    /// What opens its ports; nothing asks for it here.
    let previewToken = RandomText.hexadecimal(count: 32)
    let createdAt = Timestamp()
    var updatedAt = Timestamp()
    var lastActivityAt = Timestamp()

    /// Cores, and memory and disk in GiB.
    struct Resources: Sendable {
        var cpu = 1
        var gpu = 0
        var memory = 1
        var disk = 3
    }

    init(id: String, name: String? = nil) {
        self.id = id
        self.name = name ?? id
    }
}
