import Foundation
import TestSupport
import Testing

@Suite("The compiler's messages about an incomplete service")
struct IncompleteServiceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The members of the type.
        let members: String
        /// The texts that must all be in the compiler's output.
        let hints: [String]
    }

    private static let load = "func loadDatasets() async throws -> Datasets<Int> { [:] }"

    static let cases = [
        Case(
            testDescription: "an empty type is told all that it needs",
            members: "",
            hints: [
                "'loadDatasets()' with type '() async throws -> Datasets<JSONValue>'",
                "'retrieveTask(_:in:skipValidation:)' with type",
                "'setupTask(_:in:sandbox:)' with type",
                "'evaluateInstance(_:in:sandbox:)' with type",
                "'calculateFinalScore(_:in:)' with type",
                "add stubs for conformance",
            ]
        ),
        Case(
            testDescription: "what is there decides the types of what is missing",
            members: load,
            hints: [
                "'setupTask(_:in:sandbox:)' with type '(String, Dataset<Int>, any Sandbox) async throws -> ChunkStream'",
                "add stubs for conformance",
            ]
        ),
        Case(
            testDescription: "a method that is nearly right is shown beside what was wanted",
            members: """
                \(load)
                func setupTask(_ taskID: String, in dataset: Dataset<Int>, sandbox: DaytonaSandbox) async throws
                    -> ChunkStream { fatalError() }
                """,
            hints: [
                "'setupTask(_:in:sandbox:)' with type '(String, Dataset<Int>, any Sandbox) async throws -> ChunkStream'",
                "candidate has non-matching type '(String, Dataset<Int>, DaytonaSandbox) async throws -> ChunkStream'",
            ]
        ),
    ]

    @Test("the compiler names each missing method and its type, and offers to write it", arguments: cases)
    func hints(_ test: Case) async throws {
        try await withTemporaryDirectory { folder in
            let source = "\(folder)/Incomplete.swift"
            let text = "import BenchmarkFramework\nstruct Incomplete: BenchmarkService {\n\(test.members)\n}\n"
            try text.write(toFile: source, atomically: true, encoding: .utf8)
            let maps = ["CLinux", "COpenSSL", "CZlib"].flatMap {
                ["-Xcc", "-fmodule-map-file=\(repository)/Sources/\($0)/module.modulemap"]
            }
            let compiler = Program(
                path: "/usr/bin/env",
                arguments: [
                    "swiftc", "-typecheck", "-swift-version", "6", "-module-cache-path", "\(folder)/cache",
                    "-I", Program.product("Modules"),
                ] + maps + [source]
            )
            let (exitCode, _, output) = try await compiler.run()
            #expect(exitCode == 1)
            #expect(output.contains("type 'Incomplete' does not conform to protocol 'BenchmarkService'"), "\(output)")
            for hint in test.hints { #expect(output.contains(hint), "\(output)") }
        }
    }
}
