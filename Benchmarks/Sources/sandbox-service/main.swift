import BenchmarkFramework

// A benchmark service that puts load on its sandboxes, for `holds commands` and `holds transfer`:
//
//     /ws/setup-task         task `lines-N`: a command that prints N numbered lines on each of its streams
//     /ws/evaluate-instance  task `bytes-N`: N bytes uploaded in pieces, then downloaded and compared
//
// The options are those of every service.

struct LoadService: BenchmarkService {
    func loadDatasets() async throws -> Datasets<Int> { ["default": [:]] }

    /// Returns the number after a prefix.
    private func number(_ taskID: String, after prefix: String) throws -> Int {
        guard taskID.hasPrefix(prefix), let number = Int(taskID.dropFirst(prefix.count)), number >= 0 else {
            throw ServiceError.invalidRequest("a task is \(prefix)N, not '\(taskID)'")
        }
        return number
    }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Int>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        RetrieveTaskResponse(dockerImage: "debian:12-slim", problemPath: "/tmp/none", cwd: "/")
    }

    func setupTask(_ taskID: String, in dataset: Dataset<Int>, sandbox: any Sandbox) async throws -> ChunkStream {
        let count = try number(taskID, after: "lines-")
        return ChunkStream { stream in
            let command = """
                i=0; while [ $i -lt \(count) ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done
                """
            try await stream.forward(streamCommand(sandbox, command, cwd: "/"))
            try await stream.result(["status": "ok"])
        }
    }

    func evaluateInstance(_ taskID: String, in dataset: Dataset<Int>, sandbox: any Sandbox) async throws -> ChunkStream {
        let count = try number(taskID, after: "bytes-")
        return ChunkStream { stream in
            guard let sandbox = sandbox as? DaytonaSandbox else { throw ServiceError.unsupported("not a Daytona sandbox") }
            let path = "/tmp/bytes"
            try await sandbox.upload([.pieces(Pieces(count: count), length: count, to: path)])
            try await stream.message("uploaded\n")
            var position = 0
            var isSame = true
            for try await piece in sandbox.contents(of: path) {
                isSame = isSame && Pieces.agrees(piece, at: position)
                position += piece.count
            }
            try await sandbox.deleteFile(path)
            try await stream.result(["bytes": .int(position), "same": .bool(isSame && position == count)])
        }
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<Int>) async throws -> FinalScoreResult {
        FinalScoreResult(score: 0)
    }
}

/// A number of bytes in pieces, from a pattern without a short period.
struct Pieces: AsyncSequence, Sendable {
    let count: Int
    static let pattern = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    static func agrees(_ bytes: [UInt8], at position: Int) -> Bool {
        var (rest, at) = (bytes[...], position % pattern.count)
        while !rest.isEmpty {
            let expected = pattern[at...].prefix(rest.count)
            guard rest.starts(with: expected) else { return false }
            rest = rest.dropFirst(expected.count)
            at = 0
        }
        return true
    }

    func makeAsyncIterator() -> Iterator { Iterator(left: count) }

    struct Iterator: AsyncIteratorProtocol {
        var left: Int

        mutating func next() async -> ArraySlice<UInt8>? {
            if left == 0 { return nil }
            let piece = Pieces.pattern.prefix(left)
            left -= piece.count
            return piece
        }
    }
}

try await BenchmarkServiceApp(LoadService.self).run()
