import BenchmarkTransport
import Glibc

/// Writes all bytes, however slowly they are read.
@Sendable func put(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno != EINTR { throw SystemError(errorNumber: errno, operation: "write") }
        rest = rest.dropFirst(max(0, count))
    }
}

@Sendable func report(_ line: String) { try? put(Array("http-get: \(line)\n".utf8), to: STDERR_FILENO) }

do {
    switch try Options(CommandLine.arguments.dropFirst()) {
    case .help: try put(Array(Options.usage.utf8), to: STDOUT_FILENO)
    case .get(let request, let configuration, let showsHead):
        let status = try await HTTPClient(configuration: configuration).withResponse(to: request) { response in
            let head = response.head
            if showsHead {
                let fields = head.fields.map { "\($0.name): \($0.value)\n" }.joined()
                try put(Array("\(head.status.code)\n\(fields)\n".utf8), to: STDOUT_FILENO)
            }
            while let bytes = try await response.nextBytes() { try put(bytes, to: STDOUT_FILENO) }
            return head.status.code
        }
        if status >= 400 {
            report("\(request.url) answered with \(status)")
            exit(1)
        }
    }
} catch let error as UsageError {
    report("\(error.message)\n\n\(Options.usage)")
    exit(2)
} catch {
    report("\(error)")
    exit(1)
}
