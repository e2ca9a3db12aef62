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
