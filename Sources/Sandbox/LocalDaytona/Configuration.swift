public import BenchmarkTransport

extension LocalDaytona {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// The address to listen on, loopback and a port of the system's choice unless told otherwise, and limits.
        ///
        /// Whoever can reach it and knows the key can run commands as this user.
        public var server = HTTPServerConfiguration()
        /// The key that requests must carry; nil draws a random one.
        public var apiKey: String?
        /// How sandboxes are kept apart from the machine; nil takes namespaces where the machine allows them.
        public var isolation: Isolation?
        /// How sandboxes that ask for resources are held to them; nil takes the best that works.
        public var limits: LimitMechanism?
        /// How many processes such a sandbox may have.
        public var maxProcesses = 4096
        /// The directory in which the server makes its own, private one; nil takes `TMPDIR`, else `/tmp`.
        public var directory: String?
        /// How long the processes of a session may take to end, once told to, when it is deleted.
        public var sessionGrace: Duration = .seconds(5)
        /// How long a follower of a log waits behind the end of the command before it closes.
        public var quietPeriod: Duration = .seconds(1)
        /// What goes wrong on purpose, so that a client can be tested against it.
        ///
        /// Whoever knows the key can change it: `GET`, `PUT` and `DELETE /faults`, with
        /// `{"seed":0,"faults":[{"kind":"close-after","value":100,"times":1}]}`.
        public var faults = FaultPlan()
        /// How long a minute is in the intervals after which sandboxes are stopped, archived and deleted; tests have shorter
        /// ones.
        var minute: Duration = .seconds(60)
        /// Is told what a user of the server should know, one line at a time, from any thread; it must not block.
        public var log: @Sendable (String) -> Void = { _ in }

        /// The defaults: loopback, a port of the system's choice, a random key, the best isolation there is.
        public init() {}
    }
}
