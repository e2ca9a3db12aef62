import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// The reason why a caller, or the sandbox API that it names, is refused; closes the stream with 1008.
struct SandboxRefusal: Error {
    let reason: String
}

/// The credentials with which a caller's sandboxes are reached: from three headers, or from the request.
enum SandboxCredentials {
    /// The reason that a caller without credentials is given.
    static let missing = "Missing required headers: x-api-key, x-api-url, x-target"

    /// Returns the credentials in the headers; `nil` unless all three are present.
    static func headers(_ fields: HTTPFields) -> DaytonaCredentials? {
        func value(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let key = value("x-api-key"), let url = value("x-api-url"), let target = value("x-target") else {
            return nil
        }
        return DaytonaCredentials(apiKey: key, apiURL: url, target: target)
    }

    /// Returns whether a message that is not a valid request names credentials all the same.
    static func areNamed(in message: WebSocketMessage) -> Bool {
        guard let object = (try? JSONValue(parsing: message.bytes))?.objectValue else { return false }
        return (object["sandbox_provider"] ?? .null) != .null
    }

    /// Returns the credentials in the request.
    ///
    /// - Throws: ``SandboxRefusal`` if there are none, or they may not be used.
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
    /// Checks that credentials may be used.
    ///
    /// - Throws: ``SandboxRefusal`` if they may not.
    func check(_ credentials: DaytonaCredentials) throws {
        guard allows(credentials.apiURL) else {
            throw SandboxRefusal(reason: "x-api-url is not allowed by this service")
        }
    }
}
