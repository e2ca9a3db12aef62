import Testing

@testable import scaffold

@Suite("Benchmark names")
struct BenchmarkNameTests {
    @Test(
        "the names of a project are derived from the benchmark's name",
        arguments: [
            ("swebench", "swebench", "SwebenchBenchmarkService"),
            ("SWEBench", "swebench", "SwebenchBenchmarkService"),
            ("swe-bench", "swe-bench", "SweBenchBenchmarkService"),
            ("swe_bench", "swe-bench", "SweBenchBenchmarkService"),
            ("SWE_Bench", "swe-bench", "SweBenchBenchmarkService"),
            ("a", "a", "ABenchmarkService"),
            ("gpt-4o-2_tasks", "gpt-4o-2-tasks", "Gpt4o2TasksBenchmarkService"),
            ("test", "test", "TestBenchmarkService"),
        ]
    )
    func derived(_ raw: String, _ text: String, _ module: String) throws {
        let name = try BenchmarkName(raw)
        #expect(name.text == text)
        #expect(name.directory == "\(text)-benchmark-service")
        #expect(name.module == module)
    }

    @Test(
        "an invalid name is refused for the first rule that it breaks",
        arguments: [
            ("", "cannot be empty"),
            ("swe@bench", "alphanumeric"), ("a b", "alphanumeric"), ("é", "alphanumeric"), ("a/b", "alphanumeric"),
            (".", "alphanumeric"), ("a\n", "alphanumeric"), ("a\0", "alphanumeric"), ("1@", "alphanumeric"),
            ("e\u{301}", "alphanumeric"), ("K\u{212A}", "alphanumeric"),
            ("123bench", "must start with a letter"), ("_x", "must start with a letter"),
            ("-x", "must start with a letter"), ("-", "must start with a letter"),
            ("a-", "single hyphens"), ("a--b", "single hyphens"), ("a-_b", "single hyphens"),
            ("json", "conflicts with Python standard library module 'json'"),
            ("sys", "conflicts with Python standard library module 'sys'"),
            ("JSON", "conflicts with Python standard library module 'json'"),
            ("py-compile", "conflicts with Python standard library module 'py_compile'"),
            ("swift", "conflicts with the Swift module 'Swift'"),
            ("xctest", "conflicts with the Swift module 'XCTest'"),
            ("BenchmarkFramework", "conflicts with the Swift module 'BenchmarkFramework'"),
            ("class", "conflicts with the Swift keyword 'class'"),
        ]
    )
    func refused(_ raw: String, _ words: String) {
        let error = #expect(throws: ScaffoldError.self) { try BenchmarkName(raw) }
        #expect(error?.code == .invalidName)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
