// swift-tools-version: 6.2
import PackageDescription

/// The toolkit's checkout. The image build and the workflows set a path of their own.
let toolkit = Context.environment["BENCHMARK_TOOLKIT"] ?? "/opt/swift-benchmark-service"

/// `make typecheck` asks for warnings to be errors.
let settings: [SwiftSetting] =
    Context.environment["WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]

let framework: Target.Dependency = .product(
    name: "BenchmarkFramework",
    package: "swift-benchmark-service"
)
let testing: Target.Dependency = .product(
    name: "BenchmarkServiceTesting",
    package: "swift-benchmark-service"
)

let package = Package(
    name: "testbench-benchmark-service",
    dependencies: [
        .package(name: "swift-benchmark-service", path: toolkit)
    ],
    targets: [
        .target(
            name: "TestbenchBenchmarkService",
            dependencies: [framework],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "testbench-benchmark-service",
            dependencies: [
                "TestbenchBenchmarkService",
                framework,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TestbenchBenchmarkServiceTests",
            dependencies: [
                "TestbenchBenchmarkService",
                testing,
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
