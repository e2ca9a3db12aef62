import Foundation
import TestSupport
import Testing

@testable import scaffold

@Suite("Generated files")
struct ProjectTests {
    /// A project whose files are kept below `Tests/Fixtures/Scaffold`.
    struct Golden: Sendable, CustomTestStringConvertible {
        let folder: String
        let name: String
        let toolkit: ToolkitSource

        var testDescription: String { folder }
        var path: String { "\(repository)/Tests/Fixtures/Scaffold/\(folder)" }
        var files: [Project.File] { get throws { Project(try BenchmarkName(name), toolkit: toolkit).files } }

        static let all = [
            Golden(folder: "checkout", name: "testbench", toolkit: .checkout(path: "/opt/swift-benchmark-service")),
            Golden(
                folder: "repository",
                name: "SWE_Bench",
                toolkit: .repository(url: "https://git.example.com/swift-benchmark-service.git", release: "1.0.0")
            ),
        ]
    }

    @Test(
        "generated files equal the golden files byte for byte; SCAFFOLD_UPDATE_GOLDEN=1 rewrites those",
        arguments: Golden.all
    )
    func golden(_ golden: Golden) throws {
        if ProcessInfo.processInfo.environment["SCAFFOLD_UPDATE_GOLDEN"] == "1" {
            try update(golden)
            Issue.record("the golden files were rewritten, not compared")
            return
        }
        #expect(try files(below: golden.path) == golden.files.map(\.path).sorted())
        for file in try golden.files {
            let kept = FileManager.default.contents(atPath: "\(golden.path)/\(file.path)")
            #expect(kept.map { String(decoding: $0, as: UTF8.self) } == file.text, "\(file.path)")
            #expect(kept == Data(file.text.utf8), "\(file.path)")
        }
    }

    private func update(_ golden: Golden) throws {
        try? FileManager.default.removeItem(atPath: golden.path)
        for file in try golden.files {
            let url = URL(fileURLWithPath: "\(golden.path)/\(file.path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(file.text.utf8).write(to: url)
        }
    }

    @Test("generated files have no placeholders and end with one newline", arguments: Golden.all)
    func complete(_ golden: Golden) throws {
        for file in try golden.files {
            #expect(!file.text.contains("@@"), "\(file.path)")
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
            #expect(!file.text.contains("\r"), "\(file.path)")
        }
    }

    @Test("a project from a checkout differs from one from a repository")
    func variants() throws {
        let template = ProjectTemplate(
            Array("@@checkout@@a @@TOOLKIT@@\n@@repository@@b @@NAME@@\nc @@NAME@@@@NAME@@\n".utf8)
        )
        let name = try BenchmarkName("demo")
        #expect(template.render(name, .checkout(path: "/kit")) == "a /kit\nc demodemo\n")
        #expect(template.render(name, .repository(url: "u", release: nil)) == "b demo\nc demodemo\n")
    }

    @Test("the README names every make target")
    func readme() throws {
        let files = try Golden.all[0].files
        let readme = try #require(files.first { $0.path == "README.md" }).text
        let makefile = try #require(files.first { $0.path == "Makefile" }).text
        let targets = makefile.split(separator: "\n").filter { $0.contains(": ## ") }.map { $0.prefix { $0 != ":" } }
        #expect(
            targets == [
                "help", "install", "dev", "lint", "format", "typecheck", "test", "docker-build", "docker-run",
            ]
        )
        for target in targets { #expect(readme.contains("`make \(target)`"), "\(target)") }
    }
}
