public import BenchmarkTransport

extension LocalDaytona {
    /// The settings of a server.
    public struct Configuration: Sendable {
        /// The address to listen on and the limits; by default, loopback and a port chosen by the system.
        ///
        /// Anyone who can reach it and knows the key can run commands as this user.
        public var server = HTTPServerConfiguration()
        /// The key that requests must carry; `nil` generates a random one.
        public var apiKey: String?
        /// How sandboxes are isolated from the machine; `nil` uses namespaces where the machine allows them.
        public var isolation: Isolation?
        /// How sandboxes that request resources are limited to them; `nil` uses the best mechanism that works.
        public var limits: LimitMechanism?
        /// The maximum number of processes in such a sandbox.
        public var maxProcesses = 4096
        /// The directory in which the server creates its own, private one; `nil` uses `TMPDIR`, or else `/tmp`.
        public var directory: String?
        /// How long the processes of a session may take to end after SIGTERM when the session is deleted.
        public var sessionGrace: Duration = .seconds(5)
        /// How long a follower of a log waits after the end of the command before it closes.
        public var quietPeriod: Duration = .seconds(1)
        /// The faults to inject, so that a client can be tested against them.
        ///
        /// Anyone who knows the key can change them: `GET`, `PUT` and `DELETE /faults`, with
        /// `{"seed":0,"faults":[{"kind":"close-after","value":100,"times":1}]}`.
        public var faults = FaultPlan()
        /// The length of a minute in the auto-stop, auto-archive and auto-delete intervals; shorter in tests.
        var minute: Duration = .seconds(60)
        /// Receives messages for the server's user, one line at a time, from any thread; must not block.
        public var log: @Sendable (String) -> Void = { _ in }

        /// Creates the default configuration: loopback, a port chosen by the system, a random key, the best isolation.
        public init() {}
    }
}
