import Foundation
import TestSupport
import Testing

@testable import scaffold

@Suite("The tutorial")
struct TutorialTests {
    private static let path = "\(repository)/Sources/Framework/BenchmarkFramework.docc/FromScaffoldToService.md"

    /// Returns the code blocks in a language, as lines without indentation.
    private static func blocks(_ language: String) throws -> [[Substring]] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.matches(of: /```(\w*)\n((?s).*?)```/).filter { $0.1 == language }.map { lines(String($0.2)) }
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }
    }

    @Test("the tutorial quotes the generated project or tested code exactly")
    func code() throws {
        let project = Project(try BenchmarkName("my-bench"), toolkit: .checkout(path: "/toolkit")).files.map(\.text)
        let tested = "\(repository)/Tests/ServiceTestingTests/ServiceTestingTests.swift"
        let sources = (project + [try String(contentsOfFile: tested, encoding: .utf8)]).map(Self.lines)
        let blocks = try Self.blocks("swift")
        #expect(blocks.count == 5)
        for block in blocks {
            #expect(sources.contains { $0.contains(block) }, "not in any source: \(block.joined(separator: "\n"))")
        }
    }

    @Test("the tutorial's folder, commands and files are those of the generated project")
    func commands() throws {
        let name = try BenchmarkName("my-bench")
        let files = Project(name, toolkit: .checkout(path: "/toolkit")).files
        let commands = try Self.blocks("").flatMap { $0 }
        #expect(commands.contains("cd \(name.directory)"))
        let makefile = try #require(files.first { $0.path == "Makefile" }).text
        for target in commands where target.hasPrefix("make ") {
            #expect(makefile.contains("\n\(target.dropFirst(5)): ##"), "\(target)")
        }
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        for match in text.matches(of: /`((Sources|Tests)\/[^`]+)`/) {
            #expect(files.contains { $0.path == match.1 }, "\(match.1)")
        }
    }
}
