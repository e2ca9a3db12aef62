import FuzzSupport

@testable import BenchmarkProtocol
@testable import BenchmarkSandbox

/// Data that a Daytona client and its server exchange: requests and descriptions in JSON, file names, and the versions
/// that clients send.
///
/// Choice: which of them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let choice = input.choice(of: 4)
    let bytes = input.rest()
    let text = String(decoding: bytes, as: UTF8.self)
    switch choice {
    case 0: examineRecord(bytes)
    case 1: examineFileName(text)
    case 2: examineVersion(text)
    default: examineDescription(bytes)
    }
    return 0
}

/// Checks that the description of a sandbox has what the request for it asked for.
private func examineRecord(_ bytes: [UInt8]) {
    guard case .object(let request)? = try? JSONValue(parsing: bytes) else { return }
    let record: SandboxRecord
    do throws(APIError) { record = try SandboxRecord(id: "id", creating: request) } catch {
        return checkEqual(error.status, 400)
    }
    let description = record.json(toolboxURL: "http://localhost/toolbox")
    guard let written = try? description.serialized(), let copy = try? JSONValue(parsing: written) else {
        return check(false, "a description that cannot be written")
    }
    guard let info = try? SandboxInfo(copy) else { return check(false, "a description that cannot be read") }
    checkEqual(info.id, "id")
    check(info.name.hasSameUTF8(as: record.name), info.name)
    checkEqual(info.state.rawValue, record.state.rawValue)
    checkEqual(Set(info.labels.keys), Set(record.labels.map(\.name)))
}

/// Checks that a name reads back from the parameters of its part, with `_` for characters that are not ASCII.
private func examineFileName(_ name: String) {
    let field = HeaderParameters("form-data; name=\"file\"; " + FileName.parameters(name))
    checkEqual(field["name"], "file")
    let plain = name.unicodeScalars.map { (0x20...0x7e).contains($0.value) ? $0 : "_" }
    // Spaces around a value are ignored, even in quotes.
    let expected = plain.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    checkEqual(field["filename"].map { Array($0.unicodeScalars) }, Array(expected))
    let encoded = field["filename*"].map { APIRequest.segments(String($0.dropFirst("utf-8''".count))) }
    let exact = encoded?.joined() ?? ""
    check(exact.hasSameUTF8(as: name), "\(exact.debugDescription) of \(name.debugDescription)")
}

/// Checks that versions have a strict order, and that the format of a log follows it.
private func examineVersion(_ text: String) {
    let parts = text.unicodeScalars.split(separator: " ", maxSplits: 1).map { String($0) }
    guard let left = parts.first, let right = parts.last else { return }
    let formats = [left, right].map { LogFormat(version: $0, keepsMarkers: false) }
    guard let a = SDKVersion(left), let b = SDKVersion(right) else { return }
    check(!(a < b && b < a), "\(left) and \(right)")
    if a == b { check(!(a < b), "\(left) before itself") }
    let rank: [LogFormat] = [.plainText, .markedText, .json]
    let ranks = formats.compactMap { rank.firstIndex(of: $0) }
    let areReleases = ![left, right].contains { $0.utf8.contains("dev".utf8) }
    if a < b, areReleases, ranks.count == 2 { check(ranks[0] <= ranks[1], "\(left) \(formats) \(right)") }
}

private func examineDescription(_ bytes: [UInt8]) {
    guard let json = try? JSONValue(parsing: bytes) else { return }
    do {
        let info = try SandboxInfo(json)
        check(!info.id.isEmpty, "a sandbox without an id")
    } catch { check(error is SandboxError, "\(error)") }
}
