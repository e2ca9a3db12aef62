import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// Why a caller, or the sandboxes named, are refused; closes the stream with 1008.
struct SandboxRefusal: Error {
    let reason: String
}

/// Where callers say how their sandboxes are reached: in three headers, or in the request.
enum SandboxCredentials {
    /// What a caller is told who says it nowhere.
    static let missing = "Missing required headers: x-api-key, x-api-url, x-target"

    /// What the headers say; nil unless all three do.
    static func headers(_ fields: HTTPFields) -> DaytonaCredentials? {
        func value(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let key = value("x-api-key"), let url = value("x-api-url"), let target = value("x-target") else {
            return nil
        }
        return DaytonaCredentials(apiKey: key, apiURL: url, target: target)
    }

    /// Whether a message that is no request has credentials all the same.
    static func areNamed(in message: WebSocketMessage) -> Bool {
        guard let object = (try? JSONValue(parsing: message.bytes))?.objectValue else { return false }
        return (object["sandbox_provider"] ?? .null) != .null
    }

    /// What the request says.
    ///
    /// - Throws: ``SandboxRefusal``.
    static func body(_ request: StreamRequest, _ allowed: AllowedSandboxURLs) throws -> DaytonaCredentials {
        switch request.sandboxProvider {
        case .daytona(let daytona):
            if [daytona.apiKey, daytona.apiURL, daytona.target].contains("") { throw SandboxRefusal(reason: missing) }
            let credentials = DaytonaCredentials(
                apiKey: daytona.apiKey,
                apiURL: daytona.apiURL,
                target: daytona.target,
                organizationID: daytona.organizationID
            )
            try allowed.check(credentials)
            return credentials
        case .other(let type):
            throw SandboxRefusal(reason: "sandbox_provider of type '\(type)' is not supported, only 'daytona'")
        case nil: throw SandboxRefusal(reason: missing)
        }
    }
}

extension AllowedSandboxURLs {
    /// - Throws: ``SandboxRefusal`` if these may not be used.
    func check(_ credentials: DaytonaCredentials) throws {
        guard allows(credentials.apiURL) else {
            throw SandboxRefusal(reason: "x-api-url is not allowed by this service")
        }
    }
}
