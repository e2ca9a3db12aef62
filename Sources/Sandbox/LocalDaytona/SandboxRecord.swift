/// The control plane's view of a sandbox: the request that created it, the settings changed since, and its state.
struct SandboxRecord: Sendable {
    /// A stage in the life of a sandbox, named as in the API.
    enum State: String, Sendable {
        case creating, started, stopping, stopped, starting, archived, destroying, destroyed, error

        /// Whether the sandbox is changing to another state, so that no other change can start.
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
    /// The resources that the API shows.
    var resources = Resources()
    /// The resources that the request named, to which the processes are limited; `nil` if it named none.
    var limits: ResourceLimits?
    /// The requested Dockerfile.
    ///
    /// It is never built: commands see the programs of the host.
    var dockerfile: String?
    var autoStopMinutes = 15
    var autoArchiveMinutes = 7 * 24 * 60
    var autoDeleteMinutes = -1
    var state = State.creating { didSet { updatedAt = Timestamp() } }
    var desiredState = State.started
    var errorReason: String?
    /// The token that opens its ports; this server never asks for it.
    let previewToken = RandomText.hexadecimal(count: 32)
    let createdAt = Timestamp()
    var updatedAt = Timestamp()
    var lastActivityAt = Timestamp()

    /// Cores and GPUs, and memory and disk in GiB.
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
