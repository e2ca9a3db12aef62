import FuzzSupport

@testable import BenchmarkProtocol

/// The requests and answers of the contract, and the chunks of streams: a message that was read is equal after it is
/// written and read again, and every mistake can be answered.
///
/// Choice: the content type.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let types: [String?] = ["application/json", " Application/x+JSON ;charset=utf-8", "text/plain", nil]
    let type = types[input.choice(of: types.count)]
    let bytes = input.rest()
    _ = try? RequestBody([], contentType: String(decoding: bytes.prefix(64), as: UTF8.self))
    examineChunk(bytes)
    let body: RequestBody
    do { body = try RequestBody(bytes, contentType: type) } catch {
        examine(error)
        return 0
    }
    let value = body.value
    again(value, { try EvaluateResponseRequest(body: bodyOf($0)) }, \.json)
    again(value, { try FinalScoreRequest(body: bodyOf($0)) }, \.json)
    again(value, { try StreamRequest(json: $0) }, \.json)
    again(value, { try FinalScoreResponse(json: $0) }, \.json)
    again(value, { try RetrieveTaskResponse(json: $0) }, \.json)
    again(value, { try VerifyTaskIDsResponse(json: $0) }, \.json)
    if case .object(let object) = value {
        let items = object.map { (name: $0.key, value: $0.value.stringValue ?? "") }
        do { _ = try RetrieveTaskRequest(query: QueryParameters(items)) } catch { examine(error) }
    }
    return 0
}

private func bodyOf(_ value: JSONValue) throws -> RequestBody {
    try RequestBody(value.serialized(), contentType: "application/json")
}

/// Reads a message, writes it, and reads it again.
private func again<Message: Equatable>(
    _ value: JSONValue,
    _ read: (JSONValue) throws -> Message,
    _ json: (Message) -> JSONValue
) {
    do {
        let message = try read(value)
        guard let written = try? json(message).serialized() else { return }
        let copy = try read(JSONValue(parsing: written))
        guard let text = try? json(copy).serialized() else { return check(false, "a copy that cannot be written") }
        // Numbers that JSON cannot express are written as null, but nothing else may change.
        check(copy == message || text == written, "\(copy)\n\(message)")
    } catch let error as ProtocolError where error.code == .notEncodable {
        return
    } catch {
        examine(error)
    }
}

/// Checks that a mistake is one of the two kinds that are answered, and that the answer is JSON.
private func examine(_ error: any Error) {
    switch error {
    case let errors as ValidationErrors:
        check(!errors.entries.isEmpty && !errors.description.isEmpty, "no mistake")
        guard let answer = try? errors.body.serialized() else { return }
        check((try? JSONValue(parsing: answer)) != nil, "an answer that is no JSON")
    case let error as ProtocolError:
        let answer = try? JSONValue(parsing: ErrorBody.detail(error.message))
        check(answer?["detail"]?.stringValue?.hasSameUTF8(as: error.message) == true, error.message)
    default: check(false, "\(error)")
    }
}

private func examineChunk(_ bytes: [UInt8]) {
    do {
        let chunk = try StreamChunk(parsing: bytes)
        guard let written = try? chunk.serialized() else { return }
        let copy = try StreamChunk(parsing: written)
        check(copy == chunk || (try? copy.serialized()) == written, "\(copy)\n\(chunk)")
    } catch { examine(error) }
}
