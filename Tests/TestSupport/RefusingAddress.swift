public import BenchmarkTransport
import Glibc

/// An address of this machine where nobody listens and, while this lives, nobody else can.
public final class RefusingAddress: Sendable {
    /// 127.0.0.1 with the port.
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
