import Foundation
import TestSupport
import Testing

@testable import BenchmarkFramework
@testable import BenchmarkTransport

@Suite("The command line of a service")
struct ServiceOptionsTests {
    @Test("every option is parsed")
    func all() throws {
        var configuration = ServiceConfiguration(environment: [:])
        let arguments = [
            "--host", "::1", "--port=9", "--tls-cert", "c", "--tls-key=k", "--tls-client-ca", "a",
            "--max-connections=5",
            "--max-connections-per-address=4", "--drain", "0.5", "--allowed-sandbox-urls=https://a/api",
            "--ws-ping-interval", "0", "--ws-ping-timeout=1.5", "--quiet",
            "--log-level", "Warning", "--metrics", "--docs-public",
        ]
        let goesOn = try ServiceOptions.parse(arguments, into: &configuration)
        #expect(goesOn)
        #expect(configuration.server.host == "::1")
        #expect(configuration.server.port == 9)
        #expect(configuration.server.webSocket.pingInterval == nil)
        #expect(configuration.server.webSocket.pongTimeout == .milliseconds(1500))
        #expect(!configuration.logsRequests)
        #expect(configuration.logLevel == .warning)
        #expect(configuration.server.scheme == "https")
        #expect(
            configuration.server.tls
                == TLSServerConfiguration(certificateFile: "c", privateKeyFile: "k", clientAuthorityFile: "a")
        )
        #expect(configuration.server.maxConnections == 5)
        #expect(configuration.server.maxConnectionsPerAddress == 4)
        #expect(configuration.server.webSocketDrain == .milliseconds(500))
        #expect(!configuration.sandboxURLs.isAny)
        #expect(configuration.hasMetrics)
        #expect(configuration.docsArePublic)
    }

    @Test("the help names every option and every variable that is read")
    func help() throws {
        let source = try ["ServiceOptions", "ServiceConfiguration"].map {
            try String(contentsOfFile: "\(repository)/Sources/Framework/App/\($0).swift", encoding: .utf8)
        }.joined()
        let options = source.matches(of: /case "(--[a-z-]+)"/).map { String($0.1) }
        let variables = source.matches(of: /environment\["([A-Z_]+)"\]/).map { String($0.1) }
        #expect(options.count > 6 && variables.count > 1)
        for name in options + variables { #expect(ServiceOptions.usage.contains("  \(name)"), "\(name)") }
        for name in ["--host", "--tls-cert", "AUTH_REQUIRED", "DESCOPE_PROJECT_ID", "HTTPS_PROXY", "SSL_CERT_FILE"] {
            #expect(ServiceOptions.usage.contains(name), "\(name)")
        }
    }

    @Test(
        "a misspelled option is refused with the option that was meant",
        arguments: [("--log-leve", "--log-level"), ("--ws-ping-intervall", "--ws-ping-interval"), ("--prot", "--port")]
    )
    func nearly(_ given: String, _ meant: String) {
        var configuration = ServiceConfiguration(environment: [:])
        let error = #expect(throws: UsageError.self) {
            try ServiceOptions.parse([given, "1"], into: &configuration, environment: [:])
        }
        #expect(error?.message == "unknown argument '\(given)', did you mean \(meant)?")
    }

    @Test("the defaults are those of the contract and the environment")
    func defaults() throws {
        let environment = ["FORWARDED_ALLOW_IPS": "10.0.0.1, 10.0.0.2", "LOG_LEVEL": "debug"]
        var configuration = ServiceConfiguration(environment: environment)
        let goesOn = try ServiceOptions.parse([], into: &configuration)
        #expect(goesOn)
        #expect(configuration.server.host == "127.0.0.1")
        #expect(configuration.server.port == 8001)
        #expect(configuration.server.webSocket.pingInterval == .seconds(20))
        #expect(configuration.server.scheme == "http")
        #expect(configuration.sandboxURLs.isAny)
        #expect(configuration.trustedProxies == ["10.0.0.1", "10.0.0.2"])
        #expect(configuration.logLevel == .debug)
        let error = #expect(throws: UsageError.self) {
            try ServiceOptions.parse([], into: &configuration, environment: ["LOG_LEVEL": "loud"])
        }
        #expect(error?.message == "LOG_LEVEL is debug, info, warning or error, not 'loud'")
    }

    @Test("a time limit for Descope that is not a whole number is refused", arguments: ["300s", "1.5", "soon"])
    func descopeTimeout(_ text: String) {
        var configuration = ServiceConfiguration(environment: [:])
        let error = #expect(throws: UsageError.self) {
            try ServiceOptions.parse([], into: &configuration, environment: ["DESCOPE_TIMEOUT_SECONDS": text])
        }
        #expect(error?.message == "DESCOPE_TIMEOUT_SECONDS is a whole number of seconds, not '\(text)'")
    }

    @Test(
        "an error that the service throws while it loads ends the program with 3, whatever its type is",
        arguments: LoadingFailure.allCases
    )
    func loadingFailure(_ failure: LoadingFailure) async throws {
        let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) { [failure] in
            try await SampleService.$loadingError.withValue(failure.error) {
                try await BenchmarkServiceApp(SampleService.self).run(arguments: ["--port", "0"])
            }
        }
        let output = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(output.contains("the service failed to start: "))
    }

    /// The errors that also tell of an address or a certificate that cannot be used.
    enum LoadingFailure: CaseIterable, Codable {
        case system, address, certificate

        var error: any Error & Sendable {
            switch self {
            case .system: SystemError(errorNumber: 2, operation: "open tasks.jsonl")
            case .address: AddressError(host: "nope.invalid", reason: "Name or service not known")
            case .certificate: TLSError(message: "no such certificate")
            }
        }
    }

    @Test(
        "a mistake is refused with a message that says what is wrong",
        arguments: [
            (["--port", "65536"], "--port is a number from 0 to 65535, not '65536'"),
            (["--port", "+1"], "--port is a number from 0 to 65535, not '+1'"), (["--host"], "--host needs a value"),
            (["8001"], "unknown argument '8001'"), (["--quiet=1"], "--quiet takes no value"),
            (["--tls-key", "k"], "TLS needs --tls-cert"), (["--tls-cert", "c"], "TLS needs --tls-key"),
            (
                ["--allowed-sandbox-urls", "https://a,b"],
                "--allowed-sandbox-urls: invalid URL 'b': no scheme"
            ),
            (["--log-level", "loud"], "--log-level is debug, info, warning or error, not 'loud'"),
            (["--ws-ping-timeout", "soon"], "--ws-ping-timeout is a number of seconds up to a day, not 'soon'"),
        ] as [([String], String)]
    )
    func mistake(_ arguments: [String], _ message: String) {
        var configuration = ServiceConfiguration(environment: [:])
        #expect(throws: UsageError(message: message)) {
            try ServiceOptions.parse(arguments, into: &configuration)
        }
    }
}
