import Glibc

/// Writes lines to standard error, for programs that have no log.
package enum StandardError {
    /// Writes a line, bypassing the C library's buffers; drops it if nobody reads, so that the program can still stop.
    package static func write(_ line: String) {
        var text = line + "\n"
        var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        if poll(&output, 1, 0) == 1 { text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) } }
    }
}
