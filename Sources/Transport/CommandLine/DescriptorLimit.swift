internal import CLinux

/// How many descriptors the process may have.
package enum DescriptorLimit {
    /// What a program has beside those of its connections.
    private static let others = 1024

    /// Raises the process's soft limit to what a server with as many connections as it may have needs, or as far as the
    /// hard one allows.
    ///
    /// For programs, at their start: a library leaves the limits of its process alone. Children inherit it.
    package static func raise(for configuration: HTTPServerConfiguration) {
        // Each connection may have one of its own to a sandbox.
        let (twice, overflows) = configuration.maxConnections.multipliedReportingOverflow(by: 2)
        clinux_raise_descriptor_limit(overflows ? .max : UInt(max(0, twice)) + UInt(others))
    }
}
