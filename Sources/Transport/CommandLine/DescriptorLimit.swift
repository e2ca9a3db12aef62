internal import CLinux

/// The limit on the process's open descriptors.
package enum DescriptorLimit {
    /// The descriptors that a program needs besides those of its connections.
    private static let others = 1024

    /// Raises the process's soft limit to what a server needs at its maximum number of connections, or as far as the
    /// hard limit allows.
    ///
    /// For programs to call when they start: a library leaves the limits of its process alone. Children inherit the
    /// limit.
    package static func raise(for configuration: HTTPServerConfiguration) {
        // Each connection may have one to a sandbox as well.
        let (twice, overflows) = configuration.maxConnections.multipliedReportingOverflow(by: 2)
        clinux_raise_descriptor_limit(overflows ? .max : UInt(max(0, twice)) + UInt(others))
    }
}
