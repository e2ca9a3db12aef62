// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "toolkit-benchmarks",
    dependencies: [.package(name: "swift-benchmark-service", path: "..")],
    targets: [
        .executableTarget(
            name: "toolkit-benchmarks",
            dependencies: [.product(name: "BenchmarkFramework", package: "swift-benchmark-service")]
        ),
        .executableTarget(
            name: "sandbox-service",
            dependencies: [.product(name: "BenchmarkFramework", package: "swift-benchmark-service")]
        ),
        .executableTarget(
            name: "stream-server",
            dependencies: [.product(name: "BenchmarkTransport", package: "swift-benchmark-service")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
