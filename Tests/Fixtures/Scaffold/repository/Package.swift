// swift-tools-version: 6.2
import PackageDescription

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
    name: "swe-bench-benchmark-service",
    dependencies: [
        .package(url: "https://git.example.com/swift-benchmark-service.git", exact: "1.0.0")
    ],
    targets: [
        .target(
            name: "SweBenchBenchmarkService",
            dependencies: [framework],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "swe-bench-benchmark-service",
            dependencies: [
                "SweBenchBenchmarkService",
                framework,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SweBenchBenchmarkServiceTests",
            dependencies: [
                "SweBenchBenchmarkService",
                testing,
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
