import Foundation
import TestSupport
import Testing

@Suite("Documents")
struct DocumentsTests {
    /// Tools that documents name but that are kept elsewhere.
    static let elsewhere: Set = ["http1_probe.py"]

    /// Returns the paths of all files that a document may name.
    private static func files() throws -> [String] {
        var files: [String] = []
        for folder in ["Sources", "Tests", "Examples", "Benchmarks", "docs"] {
            let contents = FileManager.default.enumerator(atPath: "\(repository)/\(folder)")
            while let path = contents?.nextObject() as? String {
                if !path.contains("/.build") { files.append("/\(folder)/\(path)") }
            }
        }
        return files
    }

    static let documents: [String] = {
        let folder = "\(repository)/docs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" } + ["README.md", "CHANGELOG.md"]
    }()

    @Test("all tests, programs and files that a document names exist", arguments: documents)
    func names(_ document: String) throws {
        let text = try String(contentsOfFile: "\(repository)/\(document)", encoding: .utf8)
        let files = try Self.files()
        #expect(files.count > 100)
        var named = 0
        for match in text.matches(of: /`([A-Za-z0-9_\/+-]+)(\.swift|\.py|\.sh|\.md|\.toml)?`/) {
            let (name, suffix) = (String(match.1), match.2.map(String.init))
            let isSuite = suffix == nil && name.hasSuffix("Tests") && !name.contains("Test/")
            guard isSuite || suffix != nil else { continue }
            named += 1
            if Self.elsewhere.contains("\(name)\(suffix ?? "")") { continue }
            let ending = "/\(name)\(suffix ?? ".swift")"
            let isFolder = isSuite && files.contains { $0.contains("/\(name)/") }
            #expect(isFolder || files.contains { $0.hasSuffix(ending) }, "\(document) names '\(name)\(suffix ?? "")'")
        }
        if document.hasPrefix("docs/protocol") || document.hasPrefix("docs/auth") { #expect(named > 10) }
    }

    /// A suite: its file, its type, and the names of its tests.
    private struct Suite {
        let path: String
        let type: String
        let tests: [String]

        /// The suites in a file.
        static func all(in path: String) throws -> [Suite] {
            let text = try String(contentsOfFile: repository + path, encoding: .utf8)
            return text.split(separator: "\n@Suite").dropFirst().compactMap { source in
                let declaration = /\n(?:final class|struct|actor|enum) (\w+)/
                guard let type = source.firstMatch(of: declaration)?.1 else { return nil }
                let tests = source.split(separator: "@Test(").dropFirst()
                    .compactMap { $0.prefixMatch(of: /\s*"((?:[^"\\]|\\.)*)"/).map { String($0.1) } }
                return Suite(path: path, type: String(type), tests: tests)
            }
        }

        /// Whether a document means this suite by a name: that of its type or of a folder that it is in.
        func isMeant(by name: String) -> Bool { type == name || path.contains("/\(name)/") }

        /// Whether a test has a name, which a document may have cut with "…".
        func hasTest(_ name: String) -> Bool {
            let parts = name.components(separatedBy: "…").map { $0.trimmingCharacters(in: .whitespaces) }
            return tests.contains { test in
                guard test.hasPrefix(parts[0]), test.hasSuffix(parts[parts.count - 1]) else { return false }
                return parts.count == 1 ? test == name : parts.allSatisfy { $0.isEmpty || test.contains($0) }
            }
        }
    }

    @Test(
        "all suites and tests that the tables of a document cite in their last column exist",
        arguments: ["docs/security.md", "docs/sandbox.md"]
    )
    func citations(_ document: String) throws {
        let text = try String(contentsOfFile: "\(repository)/\(document)", encoding: .utf8)
        let suites = try Self.files().filter { $0.hasPrefix("/Tests/") && $0.hasSuffix(".swift") }
            .flatMap { try Suite.all(in: $0) }
        var cited = 0
        for row in text.split(separator: "\n") where row.hasPrefix("| ") {
            let cell = row.split(separator: "|").last { $0.contains { $0 != " " } } ?? ""
            // The tests of a suite follow its name; without one they may be in any.
            var meant = suites
            for match in cell.matches(of: /\b([A-Z]\w*Tests)\b|"([^"]+)"/) {
                if let suite = match.1 { meant = suites.filter { $0.isMeant(by: String(suite)) } }
                #expect(!meant.isEmpty, "\(document) cites \(match.0)")
                guard let name = match.2 else { continue }
                cited += 1
                #expect(meant.contains { $0.hasTest(String(name)) }, "\(document) cites \(match.0)")
            }
        }
        #expect(cited > 15)
    }

    @Test("all links in a document lead to files", arguments: documents)
    func links(_ document: String) throws {
        let text = try String(contentsOfFile: "\(repository)/\(document)", encoding: .utf8)
        let folder = URL(fileURLWithPath: "\(repository)/\(document)").deletingLastPathComponent()
        for match in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            let file = folder.appendingPathComponent(String(match.1)).path
            #expect(FileManager.default.fileExists(atPath: file), "\(document) links '\(match.1)'")
        }
    }
}
