import Foundation
import TestSupport
import Testing

@testable import scaffold

@Suite("The generator")
struct ScaffoldCommandTests {
    private func run(_ arguments: String..., in folder: String) -> ScaffoldCommand.Outcome {
        let program = "\(repository)/.build/debug/scaffold"
        return ScaffoldCommand(program: program, workingDirectory: folder).run(arguments)
    }

    @Test("the generator writes a project and prints the next steps")
    func success() async throws {
        try await withTemporaryDirectory { folder in
            let outcome = run("Swe_Bench", in: folder)
            #expect(outcome.exitCode == 0)
            #expect(outcome.errorOutput == "")
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first == "Created the benchmark service 'swe-bench' in \(folder)/swe-bench-benchmark-service")
            #expect(lines.dropFirst().first == "")
            #expect(lines.dropFirst(2).first?.contains(repository) == true)
            #expect(lines.dropFirst(3) == ["  cd swe-bench-benchmark-service", "  make install", "  make dev", ""])

            let project = Project(try BenchmarkName("swe-bench"), toolkit: .checkout(path: repository))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["swe-bench-benchmark-service"])
            #expect(try files(below: "\(folder)/swe-bench-benchmark-service") == project.files.map(\.path).sorted())
            for file in project.files {
                let written = FileManager.default.contents(atPath: "\(folder)/swe-bench-benchmark-service/\(file.path)")
                #expect(written == Data(file.text.utf8), "\(file.path)")
            }
        }
    }

    @Test("the generator warns about a project that follows a branch")
    func branch() async throws {
        try await withTemporaryDirectory { folder in
            let outcome = run("demo", "--framework-url", "https://git.example.com/kit.git", in: folder)
            #expect(outcome.exitCode == 0)
            #expect(outcome.errorOutput.hasPrefix("warning: ") == (ToolkitSource.ownRelease == nil))
            let manifest = FileManager.default.contents(atPath: "\(folder)/demo-benchmark-service/Package.swift")
            let text = String(decoding: try #require(manifest), as: UTF8.self)
            #expect(text.contains(#".package(url: "https://git.example.com/kit.git", "#))
            #expect(text.contains(#"package: "kit""#))
        }
    }

    @Test(
        "the generator writes nothing if it is refused",
        arguments: [
            ([""], 1, "cannot be empty"), (["a@b"], 1, "alphanumeric"), (["1a"], 1, "must start with a letter"),
            (["json"], 1, "conflicts with Python standard library"),
            (["demo", "--framework-path", "/nowhere"], 1, "no checkout of swift-benchmark-service at '/nowhere'"),
            (["--", "-x"], 1, "must start with a letter"),
            ([], 2, "missing argument"), (["a", "b"], 2, "got an unexpected extra argument"),
            (["-x"], 2, "no such option"),
        ] as [([String], Int32, String)]
    )
    func refusal(_ arguments: [String], _ exitCode: Int32, _ words: String) async throws {
        try await withTemporaryDirectory { folder in
            let program = "\(repository)/.build/debug/scaffold"
            let outcome = ScaffoldCommand(program: program, workingDirectory: folder).run(arguments)
            #expect(outcome.exitCode == exitCode)
            if exitCode == 2 {
                #expect(outcome.output == "")
                #expect(outcome.errorOutput.hasPrefix("error: \(words)"))
                #expect(outcome.errorOutput.contains("usage: scaffold NAME"))
            } else {
                #expect(outcome.output.hasPrefix("Error: ") && outcome.output.contains(words))
                #expect(outcome.output.split(separator: "\n").count == 1)
                #expect(outcome.errorOutput == "Aborted!\n")
            }
            let entries = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(entries == [])
        }
    }

    @Test("the generator prints help")
    func help() {
        let outcome = run("--help", in: "/")
        #expect(outcome == ScaffoldCommand.Outcome(output: ScaffoldArguments.usage + "\n"))
    }

    @Test("the generator leaves existing files alone", arguments: ["file", "folder", "broken link"])
    func exists(_ kind: String) async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/demo-benchmark-service"
            switch kind {
            case "file": try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
            case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
            }
            let outcome = run("demo", in: folder)
            #expect(outcome.exitCode == 1)
            #expect(outcome.output == "Error: '\(path)' already exists\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["demo-benchmark-service"])
            switch kind {
            case "file": #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
            case "folder": #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
            default: #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "nowhere")
            }
        }
    }

    @Test("a project that cannot be written completely leaves nothing behind")
    func failure() async throws {
        try await withTemporaryDirectory { folder in
            let good = Project.File(path: "a/b", text: "")
            let bad = Project.File(path: "a/b/c", text: "")
            let project = Project(name: try BenchmarkName("demo"), files: [good, bad])
            let error = #expect(throws: ScaffoldError.self) { try ProjectWriter(parent: folder).write(project) }
            #expect(error?.code == .cannotWrite)
            #expect(error?.message.contains("a/b") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test("the error for a folder that is not writable names it")
    func noFolder() throws {
        let project = Project(name: try BenchmarkName("demo"), files: [Project.File(path: "a", text: "")])
        let error = #expect(throws: ScaffoldError.self) { try ProjectWriter(parent: "/proc").write(project) }
        #expect(error?.code == .cannotWrite)
        #expect(error?.message.contains("/proc/.demo-benchmark-service") == true)
    }
}
