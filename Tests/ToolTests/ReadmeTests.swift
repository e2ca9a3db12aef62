import Foundation
import TestSupport
import Testing

@Suite("The README")
struct ReadmeTests {
    @Test("the README's service is exactly the example that is built here")
    func service() throws {
        let readme = try String(contentsOfFile: "\(repository)/README.md", encoding: .utf8)
        let example = try String(contentsOfFile: "\(repository)/Examples/Arithmetic/main.swift", encoding: .utf8)
        #expect(readme.contains("```swift\n\(example)```\n"))
    }
}
