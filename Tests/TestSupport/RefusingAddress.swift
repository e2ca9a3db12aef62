public import BenchmarkTransport
import Glibc

/// An address of this machine where nothing listens and, as long as this object exists, nothing else can.
public final class RefusingAddress: Sendable {
    /// The address, on 127.0.0.1.
    public let address: SocketAddress
    private let descriptor: Int32

    /// Takes a free port.
    public init() throws {
        guard let any = SocketAddress(literal: "127.0.0.1", port: 0) else {
            throw SystemError(errorNumber: EINVAL, operation: "bind")
        }
        descriptor = try TestSocket.listen(on: any, backlog: nil)
        address = TestSocket.localAddress(descriptor) ?? any
    }

    deinit { close(descriptor) }
}
