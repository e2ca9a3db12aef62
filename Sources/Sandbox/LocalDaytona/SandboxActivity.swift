import BenchmarkTransport

/// When a sandbox was last used, and whether a request is open.
final class SandboxActivity: Sendable {
    private struct State {
        var openCount = 0
        var last = EventLoop.monotonicNow()
    }
    private let state = Locked(State())

    /// A request to the sandbox, which is in use until the last reference to this object is released.
    final class Request: Sendable {
        private let activity: SandboxActivity

        fileprivate init(_ activity: SandboxActivity) {
            self.activity = activity
            activity.change(by: 1)
        }

        deinit { activity.change(by: -1) }
    }

    /// Records the start of a request.
    func begin() -> Request { Request(self) }

    /// Records other activity.
    func touch() { change(by: 0) }

    /// The nanoseconds since the last activity; `nil` while a request is open.
    var idleNanoseconds: Int64? {
        state.withLock { $0.openCount == 0 ? EventLoop.monotonicNow() - $0.last : nil }
    }

    private func change(by count: Int) {
        state.withLock { state in
            state.openCount += count
            state.last = EventLoop.monotonicNow()
        }
    }
}

extension HTTPServerResponse {
    /// Returns the same response, which keeps the request open until its stream or WebSocket has ended.
    func keepingOpen(_ request: SandboxActivity.Request) -> HTTPServerResponse {
        var response = self
        switch body {
        case .bytes: break
        case .stream(let length, let write):
            response.body = .stream(length: length) { writer in
                defer { withExtendedLifetime(request) {} }
                try await write(writer)
            }
        case .webSocket(let run):
            response.body = .webSocket { socket in
                defer { withExtendedLifetime(request) {} }
                await run(socket)
            }
        }
        return response
    }
}
