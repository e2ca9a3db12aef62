import BenchmarkTransport

/// One command of a session: its text, its log, and whether it has ended.
///
/// Confined to its session's actor.
final class SessionCommand {
    /// The id that the server gave it.
    let id: String
    /// The text as it was sent.
    let text: String
    /// Whether input is kept out of the log.
    let suppressesInputEcho: Bool
    /// The log so far, with markers.
    private(set) var log: CommandLog
    /// The exit code; `nil` until the command has ended **and** nothing can write to its output any more.
    private(set) var exitCode: Int?
    /// When it got its exit code.
    private(set) var endedAt: LoopInstant = 0
    /// The standard input; `nil` for a command without one.
    var input: BufferedStream?
    /// Fires when the last line written to the input no longer holds up the next.
    var inputTurn: OneShotEvent?

    private var labelers = [
        LogStream.standardOutput: LineLabeler(.standardOutput), .standardError: LineLabeler(.standardError),
    ]
    private var readers = [LogStream: FIFOReader]()
    private var reportedCode: Int?
    private var change: OneShotEvent?
    private var isAbandoned = false
    private let end = OneShotEvent()

    init(id: String, text: String, suppressesInputEcho: Bool, logPath: String) {
        self.id = id
        self.text = text
        self.suppressesInputEcho = suppressesInputEcho
        log = CommandLog(path: logPath)
    }

    /// An event that fires when the log grows, the command ends, or the session ends.
    var nextChange: OneShotEvent {
        if let change { return change }
        let event = OneShotEvent()
        change = event
        return event
    }

    /// An event that fires when the command has ended or never will.
    var ending: OneShotEvent { end }

    /// Keeps the reader of an output.
    func attach(_ reader: FIFOReader, _ stream: LogStream) { readers[stream] = reader }

    /// Processes output.
    func receive(_ bytes: UnsafeRawBufferPointer, _ stream: LogStream) {
        var lines = [UInt8]()
        labelers[stream]?.receive(bytes, into: &lines)
        append(lines)
    }

    /// Adds typed text to the log, as a separate line of standard output.
    func echo(_ bytes: [UInt8]) {
        var (labeler, lines) = (LineLabeler(.standardOutput), [UInt8]())
        bytes.withUnsafeBytes { labeler.receive($0, into: &lines) }
        labeler.finish(into: &lines)
        append(lines)
    }

    /// Processes the end of one output.
    func receiveEnd(of stream: LogStream) {
        readers[stream] = nil
        var lines = [UInt8]()
        labelers[stream]?.finish(into: &lines)
        append(lines)
        endIfComplete()
    }

    /// Processes the exit code that the shell has reported.
    ///
    /// Background processes may continue to write.
    func receiveExitCode(_ code: Int) {
        if reportedCode != nil { return }
        reportedCode = code
        for reader in readers.values { reader.acceptEnd() }
        endIfComplete()
    }

    /// Ends all waiting without an exit code, because the session ends.
    ///
    /// Output is still read, but dropped: without a reader, SIGPIPE would kill the shell before its descendants.
    func abandon() {
        isAbandoned = true
        notify()
        end.fire()
    }

    /// Closes what is still open; to be called when nothing of the command runs any more.
    func close() {
        for reader in readers.values { reader.close() }
        readers = [:]
        input?.close()
        input = nil
    }

    private func append(_ lines: [UInt8]) {
        if lines.isEmpty || isAbandoned { return }
        log.append(lines)
        notify()
    }

    private func endIfComplete() {
        guard exitCode == nil, !isAbandoned, readers.isEmpty, let reportedCode else { return }
        exitCode = reportedCode
        endedAt = EventLoop.monotonicNow()
        input?.close()
        input = nil
        notify()
        end.fire()
    }

    private func notify() {
        change?.fire()
        change = nil
    }
}
