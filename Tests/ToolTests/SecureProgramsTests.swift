import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("ws-echo and http-get with TLS")
struct SecureProgramsTests {
    private static let names = "DNS:localhost,IP:127.0.0.1"

    private func get(_ url: String, _ arguments: [String]) async throws -> (Int32, String, String) {
        let program = Program(path: Program.product("http-get"), arguments: [url] + arguments)
        let result = try await program.run()
        return (result.exitCode, result.output, result.errorOutput)
    }

    private func server(_ pair: TestAuthority.Pair) -> Program {
        let arguments = ["--port", "0", "--tls-cert", pair.certificate, "--tls-key", pair.key]
        return Program(path: Program.product("ws-echo"), arguments: arguments)
    }

    @Test("http-get fetches only from a server that it can verify")
    func fetches() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let exitCode = try await server(try await authority.issue("server", for: Self.names)).serve { url in
                let verified = try await get("\(url)/health", ["--ca", authority.file])
                #expect(verified == (0, "healthy\n", ""))
                let (exitCode, output, errors) = try await get("\(url)/health", [])
                #expect(exitCode == 1)
                #expect(output.isEmpty)
                #expect(errors.contains("certificate"))
                let (missing, _, reason) = try await get("\(url)/nope", ["--ca", authority.file])
                #expect(missing == 1)
                #expect(reason.contains("/nope answered with 404"))
            }
            #expect(exitCode == 0)
        }
    }

    @Test(
        "a mistake on the command line prints the usage and exits with 2",
        arguments: [[], ["nope"], ["http://a", "--x"]]
    )
    func usage(_ arguments: [String]) async throws {
        let result = try await Program(path: Program.product("http-get"), arguments: arguments).run()
        #expect(result.exitCode == 2)
        #expect(result.errorOutput.contains("usage: http-get"))
    }

    @Test("SIGHUP reloads the certificate, and open connections go on")
    func hangup() async throws {
        try await withTemporaryDirectory { folder in
            let old = try await TestAuthority(in: folder)
            let pair = try await old.issue("server", for: Self.names)
            try FileManager.default.createDirectory(atPath: "\(folder)/new", withIntermediateDirectories: false)
            let new = try await TestAuthority(in: "\(folder)/new")
            let newPair = try await new.issue("server", for: Self.names)
            let exitCode = try await server(pair).serve { url, process in
                var configuration = HTTPClientConfiguration()
                configuration.proxy = .none
                configuration.tls.authorityFile = old.file
                let client = HTTPClient(configuration: configuration)
                let socket = try await client.openWebSocket(try HTTPURL("\(url)/ws"))
                for (from, to) in [(newPair.certificate, pair.certificate), (newPair.key, pair.key)] {
                    try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
                }
                kill(process, SIGHUP)
                // The signal takes effect after some time; until then the old certificate is shown.
                var output = ""
                for _ in 0..<200 where output.isEmpty {
                    output = try await get("\(url)/health", ["--ca", new.file]).1
                }
                #expect(output == "healthy\n")
                try await socket.send([1])
                let echo = try await socket.receive()
                #expect(echo == .binary([1]))
                await socket.close()
                await socket.release()
            }
            #expect(exitCode == 0)
        }
    }
}
