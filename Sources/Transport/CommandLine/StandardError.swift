import Glibc

/// Lines of a program that has no log.
package enum StandardError {
    /// Writes a line, past the buffers of the C library; not if nobody reads, so that the program can still be stopped.
    package static func write(_ line: String) {
        var text = line + "\n"
        var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        if poll(&output, 1, 0) == 1 { text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) } }
    }
}
