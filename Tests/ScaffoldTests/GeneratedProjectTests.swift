import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import scaffold

extension Tag {
    /// Tests that take a minute or more, because they build a whole package.
    @Tag static var slow: Self
}

@Suite("The program and its project")
struct GeneratedProjectTests {
    @Test(
        "the program exits with the right code",
        arguments: [(["--help"], 0), ([], 2), (["-x"], 2), (["json"], 1)] as [([String], Int32)]
    )
    func exitCode(_ arguments: [String], _ expected: Int32) async throws {
        let result = try await Program(path: Program.product("scaffold"), arguments: arguments).run()
        #expect(result.exitCode == expected)
        #expect(result.output.isEmpty == (expected == 2))
        #expect(result.errorOutput.isEmpty == (expected == 0))
    }

    /// Skipped if `SKIP_SLOW_TESTS` is set.
    @Test(
        "a new project is well-formed, compiles without warnings, passes its tests and serves",
        .tags(.slow),
        .timeLimit(.minutes(15)),
        .enabled(if: ProcessInfo.processInfo.environment["SKIP_SLOW_TESTS"] == nil)
    )
    func project() async throws {
        try await withTemporaryDirectory { folder in
            let path = ["testbench", "--framework-path", repository]
            let made = try await Program(path: Program.product("scaffold"), arguments: path, folder: folder).run()
            try #require(made.exitCode == 0, "\(made)")

            let project = "\(folder)/testbench-benchmark-service"
            for target in ["help", "install", "lint", "typecheck", "test"] {
                let result = try await Program(path: "/usr/bin/make", arguments: [target], folder: project).run()
                try #require(result.exitCode == 0, "make \(target): \(result.output)\n\(result.errorOutput)")
            }

            let service = Program(
                path: "\(project)/.build/debug/testbench-benchmark-service",
                arguments: ["--port", "0"]
            )
            let exitCode = try await service.serve { url in
                let health = try await directClient().send(HTTPClientRequest(.get, try HTTPURL("\(url)/health")))
                #expect(health.status == 200)
                #expect(String(decoding: health.body, as: UTF8.self) == #"{"status":"ok"}"#)
            }
            #expect(exitCode == 0)
        }
    }
}
