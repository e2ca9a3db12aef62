import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Uploads and downloads of any size", .timeLimit(.minutes(5)))
struct DaytonaTransferTests {
    private static let megabyte = 1 << 20

    @Test(
        "pieces are uploaded with only a few of them in memory, their length known or not, and 64 MiB are downloaded",
        arguments: [(64, true), (8, false)]
    )
    func large(_ megabytes: Int, _ isLengthKnown: Bool) async throws {
        let count = megabytes * Self.megabyte
        try await withLocalDaytona { client in
            let sandbox = try await client.createSandbox(.init())
            let gauge = CountedPieces.Gauge()
            let pieces = CountedPieces(count / CountedPieces.pieceByteCount, gauge)
            try await sandbox.upload([.pieces(pieces, length: isLengthKnown ? count : nil, to: "/tmp/big")])
            // The pieces that wait, those that were taken together, and one in use on each side.
            #expect(gauge.most * CountedPieces.pieceByteCount <= 4 * SandboxUpload.pieceByteCount)
            #expect(gauge.alive == 0)
            #expect(try await sandbox.fileInfo("/tmp/big").byteCount == count)
            if !isLengthKnown { return }

            try await withTemporaryDirectory { directory in
                #expect(try await sandbox.downloadFile("/tmp/big", to: "\(directory)/copy") == count)
                let found = try files(below: directory)
                #expect(found == ["copy"])
                try await sandbox.uploadFile("\(directory)/copy", to: "/tmp/again")
                #expect(try await sandbox.run("cmp /tmp/big /tmp/again").exitCode == 0)
            }
        }
    }

    @Test("a download is read no faster than its pieces are taken", arguments: [true, false])
    func backPressure(_ isSequence: Bool) async throws {
        let (count, written) = (64 * Self.megabyte, Locked(0))
        try await ScriptedDaytona.with { _, _ in
            let block = [UInt8](repeating: 7, count: 65_536)
            return HTTPServerResponse(
                status: .ok,
                body: .stream(length: count) { writer in
                    for _ in 0..<(count / block.count) {
                        try await writer.write(block)
                        written.withLock { $0 += block.count }
                    }
                }
            )
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let progress = Locked((taken: 0, most: 0))
            let take: @Sendable ([UInt8]) async throws -> Void = { piece in
                if progress.withLock({ $0.taken }) == 0 { try await Self.untilStill(written) }
                progress.withLock { progress in
                    progress.taken += piece.count
                    progress.most = max(progress.most, written.withLock { $0 } - progress.taken)
                }
            }
            if isSequence {
                for try await piece in sandbox.contents(of: "/x") { try await take(piece) }
            } else {
                try await sandbox.download("/x", take)
            }
            #expect(progress.withLock { $0.taken } == count)
            // The kernel buffers a few megabytes of a connection.
            #expect(progress.withLock { $0.most } < count / 2)
        }
    }

    /// Returns when a server has written nothing for a while, and so has filled all buffers.
    private static func untilStill(_ written: Locked<Int>) async throws {
        let loop = EventLoopGroup.shared.next()
        var before = -1
        while written.withLock({ $0 }) != before {
            before = written.withLock { $0 }
            try await loop.sleep(for: .milliseconds(100))
        }
    }

    @Test("when many local files are uploaded together, none is open before or after its turn")
    func openFiles() async throws {
        try await withLocalDaytona { client in
            let sandbox = try await client.createSandbox(.init())
            try await withTemporaryDirectory { directory in
                let count = 100
                for number in 0..<count {
                    try Data("file \(number)".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(number)"))
                }
                let open = Locked<[Int]>([])
                // Counts between one file and the next.
                let look = {
                    AsyncStream<[UInt8]>(unfolding: {
                        let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
                        let targets = links.map {
                            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
                        }
                        open.withLock { $0.append(targets.count { $0?.hasPrefix(directory) == true }) }
                        return nil
                    })
                }
                let uploads = (0..<count).flatMap { number in
                    [
                        SandboxUpload.file("\(directory)/\(number)", to: "/tmp/many/\(number)"),
                        .pieces(look(), to: "/tmp/many/look"),
                    ]
                }
                try await sandbox.upload(uploads)
                #expect(open.withLock { $0 } == [Int](repeating: 0, count: count))
                #expect(try await sandbox.run("cat /tmp/many/99; ls /tmp/many | wc -l").output == "file 99101\n")
            }
        }
    }

    @Test("many files, even empty ones, are uploaded at once under any name")
    func many() async throws {
        try await withLocalDaytona { client in
            let sandbox = try await client.createSandbox(.init())
            let names = ["/tmp/a", "/tmp/\"q\"; x=\\", "/tmp/new\nline", "/tmp/ends blank ", " begins/ž", "/tmp/empty"]
            let contents = names.map { $0 == "/tmp/empty" ? [] : Array("content of \($0)".utf8) }
            try await sandbox.upload(zip(names, contents).map { .bytes($1, to: $0) })
            for (name, content) in zip(names, contents) { #expect(try await sandbox.download(name) == content) }
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.upload([.bytes([1], to: "/tmp"), .bytes([2], to: "/tmp/b")])
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("/tmp") == true)
            #expect(try await sandbox.download("/tmp/b") == [2])
        }
    }

    struct Oops: Error, Equatable {}

    @Test(
        "content that fails, or is longer or shorter than announced, is an error and leaves no file",
        arguments: 0...3
    )
    func brokenContent(_ kind: Int) async throws {
        try await withLocalDaytona { client in
            let sandbox = try await client.createSandbox(.init())
            let gauge = CountedPieces.Gauge()
            let size = CountedPieces.pieceByteCount
            let failing = CountedPieces(20, gauge, failure: Oops())
            let upload: SandboxUpload =
                switch kind {
                case 0: .pieces(failing, to: "/tmp/x")
                case 1: .pieces(failing, length: 20 * size, to: "/tmp/x")
                case 2: .pieces(CountedPieces(20, gauge), length: 19 * size, to: "/tmp/x")
                default: .pieces(CountedPieces(20, gauge), length: 21 * size, to: "/tmp/x")
                }
            if kind < 2 {
                await #expect(throws: Oops()) { try await sandbox.upload([upload]) }
            } else {
                let error = await #expect(throws: SandboxError.self) { try await sandbox.upload([upload]) }
                #expect(error?.code == .invalidRequest)
            }
            // The server may learn of the end a little later.
            while (try? await sandbox.download("/tmp/x")) != nil {}
        }
    }

    @Test("a server that stores less than it was sent is reported")
    func keptLess() async throws {
        try await ScriptedDaytona.with { request, _ in
            while let bytes = try? await request.body.next() { _ = bytes }
            return .text(200, #"{"files":[{"path":"/x","bytes":2}]}"#)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) { try await sandbox.upload([1, 2, 3], to: "/x") }
            #expect(error?.code == .protocolViolation)
            try await sandbox.upload([1, 2], to: "/x")
        }
    }

    @Test("a refusal ends an upload, and no more of it is sent")
    func refusedUpload() async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(401, #"{"message":"no"}"#)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let endless = CountedPieces(1 << 30, CountedPieces.Gauge())
            let error = await #expect(throws: SandboxError.self) {
                try await sandbox.upload([.pieces(endless, to: "/x")])
            }
            #expect(error?.code == .unauthorized)
            #expect(error?.message == "cannot upload /x: no")
        }
    }

    @Test("a download that is cut short is an error and leaves no file", arguments: [0, 1000])
    func truncated(_ sent: Int) async throws {
        try await ScriptedDaytona.with { _, _ in
            HTTPServerResponse(
                status: .ok,
                body: .stream(length: 2000) { writer in
                    try await writer.write([UInt8](repeating: 1, count: sent))
                    throw Oops()
                }
            )
        } _: { client, script in
            let sandbox = try client.scriptedSandbox()
            try await withTemporaryDirectory { directory in
                let error = await #expect(throws: SandboxError.self) {
                    try await sandbox.downloadFile("/x", to: "\(directory)/x")
                }
                #expect(error?.code == .unavailable)
                let left = try files(below: directory)
                #expect(left == [])
            }
            await #expect(throws: SandboxError.self) { for try await _ in sandbox.contents(of: "/x") {} }
        }
    }

    @Test("a file longer than the caller allows is too large, but a refusal of that length is read in full")
    func tooLarge() async throws {
        try await ScriptedDaytona.with { _, number in
            .text(number == 1 ? 200 : 404, #"{"message":"a text longer than ten bytes"}"#)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) { try await sandbox.download("/x", maxBytes: 10) }
            #expect(error?.code == .tooLarge)
            let missing = await #expect(throws: SandboxError.self) { try await sandbox.download("/x", maxBytes: 10) }
            #expect(missing?.code == .notFound)
        }
    }

    @Test("a long refusal is reported with its status and its beginning", arguments: [true, false])
    func longRefusal(_ isWhole: Bool) async throws {
        let text = "quota exceeded; " + String(repeating: "x", count: 200_000)
        try await ScriptedDaytona.with { _, _ in
            .text(403, text)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) {
                if isWhole {
                    _ = try await sandbox.download("/x", maxBytes: 10)
                } else {
                    try await sandbox.download("/x") { _ in }
                }
            }
            #expect((error?.code, error?.status) == (.forbidden, 403))
            #expect(error?.message.hasPrefix("cannot download /x: quota exceeded; xxx") == true)
        }
    }

    @Test("cancelling a call while its refusal arrives is a cancellation")
    func cancelledRefusal() async throws {
        let (arrived, release) = (OneShotEvent(), OneShotEvent())
        try await ScriptedDaytona.with { request, _ in
            if request.head.path.hasSuffix("/version") { return .text(200, #"{"version":"1"}"#) }
            return HTTPServerResponse(
                status: .forbidden,
                body: .stream(length: 100) { writer in
                    try await writer.write([0x61])
                    arrived.fire()
                    await release.wait()
                }
            )
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let call = Task { try await sandbox.download("/x") { _ in } }
            await arrived.wait()
            // By the time this is answered, the beginning of the refusal has arrived.
            for _ in 0..<10 { _ = try await sandbox.toolboxVersion() }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            release.fire()
        }
    }

    @Test("leaving a download early closes its connection, and cancelling ends an upload at once")
    func leaving() async throws {
        let (stopped, arrived) = (OneShotEvent(), OneShotEvent())
        try await ScriptedDaytona.with { request, _ in
            if request.head.method == .post {
                arrived.fire()
                while (try? await request.body.next()) ?? nil != nil {}
                return .text(200, "")
            }
            return HTTPServerResponse(
                status: .ok,
                body: .stream(length: nil) { writer in
                    defer { stopped.fire() }
                    while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
                }
            )
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            for try await _ in sandbox.contents(of: "/endless") { break }
            await stopped.wait()
            let gauge = CountedPieces.Gauge()
            let upload = Task { try await sandbox.upload([.pieces(CountedPieces(1 << 30, gauge), to: "/x")]) }
            await arrived.wait()
            upload.cancel()
            await #expect(throws: CancellationError.self) { try await upload.value }
        }
    }

    @Test("only regular local files are uploaded, and a local file that exists keeps its permissions")
    func localFiles() async throws {
        try await withLocalDaytona { client in
            let sandbox = try await client.createSandbox(.init())
            for path in ["/tmp", "/dev/null"] {
                let error = await #expect(throws: SandboxError.self) {
                    try await sandbox.uploadFile(path, to: "/tmp/x")
                }
                #expect(error?.code == .invalidRequest)
            }
            await #expect(throws: SandboxError.self) { try await sandbox.uploadFile("/nope/x", to: "/tmp/x") }
            try await sandbox.upload("text", to: "/tmp/x")
            #expect(try await sandbox.downloadFile("/tmp/x", to: "/dev/null") == 4)
            await #expect(throws: SandboxError.self) { try await sandbox.downloadFile("/tmp/x", to: "/nope/x") }
            try await withTemporaryDirectory { directory in
                let path = "\(directory)/x"
                try Data().write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: path)
                #expect(try await sandbox.downloadFile("/tmp/x", to: path) == 4)
                let found = try FileManager.default.attributesOfItem(atPath: path)
                #expect(found[.posixPermissions] as? Int == 0o604)
            }
        }
    }

    @Test("a download into a pipe waits for its reader without keeping other files waiting, and can be cancelled")
    func pipes() async throws {
        let text = String(repeating: "0123456789abcdef", count: 20_000)
        try await ScriptedDaytona.with { _, _ in
            .text(200, text)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            try await withTemporaryDirectory { directory in
                let pipe = "\(directory)/pipe"
                #expect(mkfifo(pipe, 0o600) == 0)
                async let read = TestSupport.Program(path: "/usr/bin/env", arguments: ["cat", pipe]).run()
                #expect(try await sandbox.downloadFile("/x", to: pipe) == text.utf8.count)
                let output = try await read.output
                #expect(output == text)

                // More than there are threads for files.
                let waiting = (0..<40).map { _ in Task { try await sandbox.downloadFile("/x", to: pipe) } }
                #expect(try await sandbox.downloadFile("/x", to: "\(directory)/file") == text.utf8.count)
                for task in waiting { task.cancel() }
                for task in waiting {
                    await #expect(throws: CancellationError.self) { try await task.value }
                }
            }
        }
    }

    @Test(
        "a form that is streamed has the length it announces, and reads back the same",
        arguments: [0, 1, 1000, 600_000]
    )
    func form(_ byteCount: Int) async throws {
        let content = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
        let form = UploadForm(files: [try await SandboxUpload.bytes(content, to: "/tmp/ž a").open()], isSingle: false)
        let body = Locked<[UInt8]>([])
        #expect(try await form.write { piece in body.withLock { $0 += piece } } == [byteCount])
        let written = body.withLock { $0 }
        #expect(form.byteCount == written.count)
        let parts = MultipartParserTests.read(written, boundary: form.multipart.boundary, pieceCount: 4099)
        #expect(parts?.map(\.0) == ["files[0].path", "files[0].file"])
        #expect(parts?.map(\.1) == [Array("/tmp/ž a".utf8), content])
    }
}
