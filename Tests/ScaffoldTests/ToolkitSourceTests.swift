import Foundation
import TestSupport
import Testing

@testable import scaffold

@Suite("Where the toolkit comes from")
struct ToolkitSourceTests {
    /// Makes a folder that looks like a checkout.
    private func makeCheckout(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(#"let package = Package(name: "swift-benchmark-service")"#.utf8)
            .write(to: URL(fileURLWithPath: "\(path)/Package.swift"))
    }

    private func resolve(
        path: String? = nil,
        url: String? = nil,
        program: String = "/usr/bin/scaffold",
        in folder: String = "/"
    ) throws -> ToolkitSource {
        let arguments = ScaffoldArguments(name: "demo", frameworkPath: path, frameworkURL: url)
        return try ToolkitSource.resolve(arguments, program: program, workingDirectory: folder)
    }

    @Test(
        "a path may be absolute, relative or not normalized",
        arguments: ["/BASE/kit", "../kit", "../kit/", "./../x/../kit"]
    )
    func path(_ given: String) async throws {
        try await withTemporaryDirectory { base in
            try makeCheckout("\(base)/kit")
            let path = given.hasPrefix("/BASE") ? base + given.dropFirst(5) : given
            #expect(try resolve(path: path, in: "\(base)/project") == .checkout(path: "\(base)/kit"))
        }
    }

    @Test("a folder that is not a checkout is refused")
    func noCheckout() async throws {
        try await withTemporaryDirectory { base in
            let error = #expect(throws: ScaffoldError.self) { try resolve(path: base) }
            #expect(error == ScaffoldError(.invalidToolkit, "no checkout of swift-benchmark-service at '\(base)'"))
        }
    }

    @Test("a project that uses the toolkit is not taken for a checkout of it")
    func user() async throws {
        try await withTemporaryDirectory { base in
            let project = Project(try BenchmarkName("demo"), toolkit: .checkout(path: "/opt/kit"))
            let path = try ProjectWriter(parent: base).write(project)
            #expect(throws: ScaffoldError.self) { try resolve(path: path) }
            #expect(throws: ScaffoldError.self) { try resolve(program: "\(path)/.build/debug/scaffold") }
        }
    }

    @Test("a program built in a checkout uses that checkout")
    func around() async throws {
        try await withTemporaryDirectory { base in
            try makeCheckout(base)
            #expect(try resolve(program: "\(base)/.build/debug/scaffold") == .checkout(path: base))
        }
    }

    @Test("a program built elsewhere needs an option")
    func nowhere() {
        let error = #expect(throws: ScaffoldError.self) { try resolve() }
        #expect(error?.code == .usage)
        #expect(error?.message.contains("--framework-url") == true)
    }

    @Test(
        "characters that would have to be escaped are refused",
        arguments: ["\"", "\\", "$", "`", "#", "'", "\n", "\u{7F}"]
    )
    func escapes(_ bad: String) async throws {
        #expect(throws: ScaffoldError.self) { try resolve(url: "https://host/a\(bad)b") }
        try await withTemporaryDirectory { base in
            try makeCheckout("\(base)/a\(bad)b")
            let error = #expect(throws: ScaffoldError.self) { try resolve(path: "\(base)/a\(bad)b") }
            #expect(error?.message.contains("must not contain") == true)
        }
    }

    @Test(
        "the manifest names the toolkit's source",
        arguments: [
            (
                ToolkitSource.checkout(path: "/opt/kit"),
                #".package(name: "swift-benchmark-service", path: toolkit)"#, "swift-benchmark-service"
            ),
            (
                .repository(url: "https://host/o/kit.git", release: "1.2.3"),
                #".package(url: "https://host/o/kit.git", exact: "1.2.3")"#, "kit"
            ),
            (
                .repository(url: "git@host:kit", release: nil),
                #".package(url: "git@host:kit", branch: "main")"#, "kit"
            ),
        ]
    )
    func manifest(_ source: ToolkitSource, _ dependency: String, _ package: String) {
        #expect(source.dependency == dependency)
        #expect(source.productPackage == package)
    }

    @Test("a project cannot have the toolkit's package identity")
    func identity() throws {
        let toolkit = ToolkitSource.checkout(path: "/src/Demo-Benchmark-Service")
        #expect(throws: ScaffoldError.self) { try toolkit.check(against: BenchmarkName("demo")) }
        #expect(throws: Never.self) { try toolkit.check(against: BenchmarkName("other")) }
    }
}
