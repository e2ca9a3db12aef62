import Testing

@testable import BenchmarkFramework

@Suite("The command line of a service")
struct ServiceOptionsTests {
    @Test("every option is understood")
    func all() throws {
        var configuration = ServiceConfiguration(environment: [:])
        let arguments = [
            "--host", "::1", "--port=9", "--ws-ping-interval", "0", "--ws-ping-timeout=1.5", "--quiet",
        ]
        let goesOn = try ServiceOptions.parse(arguments, into: &configuration)
        #expect(goesOn)
        #expect(configuration.server.host == "::1")
        #expect(configuration.server.port == 9)
        #expect(configuration.server.webSocket.pingInterval == nil)
        #expect(configuration.server.webSocket.pongTimeout == .milliseconds(1500))
        #expect(!configuration.logsRequests)
    }

    @Test("the defaults are those of the contract, and the environment's")
    func defaults() throws {
        var configuration = ServiceConfiguration(environment: ["FORWARDED_ALLOW_IPS": "10.0.0.1, 10.0.0.2"])
        let goesOn = try ServiceOptions.parse([], into: &configuration)
        #expect(goesOn)
        #expect(configuration.server.host == "127.0.0.1")
        #expect(configuration.server.port == 8001)
        #expect(configuration.server.webSocket.pingInterval == .seconds(20))
        #expect(configuration.trustedProxies == ["10.0.0.1", "10.0.0.2"])
    }

    @Test(
        "a mistake is named",
        arguments: [
            (["--port", "65536"], "--port is a number from 0 to 65535, not '65536'"),
            (["--port", "+1"], "--port is a number from 0 to 65535, not '+1'"), (["--host"], "--host needs a value"),
            (["8001"], "unknown argument '8001'"),
            (["--ws-ping-timeout", "soon"], "--ws-ping-timeout is a number of seconds up to a day, not 'soon'"),
        ] as [([String], String)]
    )
    func mistake(_ arguments: [String], _ message: String) {
        var configuration = ServiceConfiguration(environment: [:])
        #expect(throws: ServiceOptions.UsageError(message: message)) {
            try ServiceOptions.parse(arguments, into: &configuration)
        }
    }
}
