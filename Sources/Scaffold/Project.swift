/// A project: the files that a benchmark starts with.
struct Project {
    /// A file: its path relative to the project's folder, and its text.
    struct File: Hashable {
        let path: String
        let text: String
    }

    let name: BenchmarkName
    let files: [File]

    /// A project of the given files.
    init(name: BenchmarkName, files: [File]) { (self.name, self.files) = (name, files) }

    /// The project of a benchmark, in memory.
    init(_ name: BenchmarkName, toolkit: ToolkitSource) {
        self.name = name
        files = Self.table(name).map { path, template in
            File(path: path, text: ProjectTemplate(template).render(name, toolkit))
        }
    }

    /// Returns the path of each template's file.
    private static func table(_ name: BenchmarkName) -> [(path: String, template: [UInt8])] {
        [
            ("Package.swift", PackageResources.Package_swift_template),
            ("Sources/\(name.directory)/main.swift", PackageResources.main_swift_template),
            ("Sources/\(name.module)/ExampleBenchmark.swift", PackageResources.ExampleBenchmark_swift_template),
            (
                "Tests/\(name.module)Tests/ExampleBenchmarkTests.swift",
                PackageResources.ExampleBenchmarkTests_swift_template
            ),
            ("README.md", PackageResources.README_md_template),
            ("Makefile", PackageResources.Makefile_template),
            ("Dockerfile", PackageResources.Dockerfile_template),
            (".dockerignore", PackageResources.dockerignore_template),
            (".gitignore", PackageResources.gitignore_template),
            (".swift-version", PackageResources.swift_version_template),
            (".swift-format", PackageResources.swift_format_template),
            (".github/workflows/style.yaml", PackageResources.style_yaml_template),
            (".github/workflows/test.yaml", PackageResources.test_yaml_template),
            (".github/workflows/typecheck.yaml", PackageResources.typecheck_yaml_template),
        ]
    }
}
