// swift-tools-version: 6.2
import PackageDescription

#if !os(Linux)
    #error("swift-benchmark-service runs on Linux only (x86-64 and arm64): its transport is built on epoll")
#endif

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "swift-benchmark-service",
    products: [
        .library(name: "BenchmarkTransport", targets: ["BenchmarkTransport"]),
        .library(name: "BenchmarkProtocol", targets: ["BenchmarkProtocol"]),
        .library(name: "BenchmarkSandbox", targets: ["BenchmarkSandbox"]),
        .library(name: "BenchmarkFramework", targets: ["BenchmarkFramework"]),
        .library(name: "BenchmarkServiceTesting", targets: ["BenchmarkServiceTesting"]),
        .executable(name: "scaffold", targets: ["scaffold"]),
        .executable(name: "local-daytona", targets: ["local-daytona"]),
        .executable(name: "runner", targets: ["runner"]),
        .executable(name: "shell-tasks", targets: ["shell-tasks"]),
        .executable(name: "ws-echo", targets: ["ws-echo"]),
        .executable(name: "http-get", targets: ["http-get"]),
    ],
    targets: [
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(
            name: "COpenSSL",
            path: "Sources/COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CZlib",
            path: "Sources/CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .target(
            name: "BenchmarkTransport",
            dependencies: ["CLinux", "COpenSSL", "CZlib"],
            path: "Sources/Transport",
            swiftSettings: settings
        ),
        .target(name: "BenchmarkProtocol", path: "Sources/Protocol", swiftSettings: settings),
        .target(
            name: "BenchmarkSandbox",
            dependencies: ["BenchmarkTransport", "BenchmarkProtocol", "CLinux"],
            path: "Sources/Sandbox",
            swiftSettings: settings
        ),
        .target(
            name: "BenchmarkFramework",
            dependencies: ["BenchmarkTransport", "BenchmarkProtocol", "BenchmarkSandbox", "COpenSSL"],
            path: "Sources/Framework",
            resources: [.embedInCode("Documentation/Assets")],
            swiftSettings: settings
        ),
        .target(
            name: "BenchmarkServiceTesting",
            dependencies: ["BenchmarkFramework", "BenchmarkProtocol", "BenchmarkSandbox", "BenchmarkTransport"],
            path: "Sources/ServiceTesting",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "scaffold",
            path: "Sources/Scaffold",
            resources: [.embedInCode("Templates")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "local-daytona",
            dependencies: ["BenchmarkSandbox", "BenchmarkTransport"],
            path: "Sources/Tools/LocalDaytona",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "runner",
            dependencies: ["BenchmarkFramework"],
            path: "Sources/Tools/Runner",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ws-echo",
            dependencies: ["BenchmarkTransport"],
            path: "Sources/Tools/WSEcho",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "http-get",
            dependencies: ["BenchmarkTransport"],
            path: "Sources/Tools/HTTPGet",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "shell-tasks",
            dependencies: ["BenchmarkFramework"],
            path: "Examples/ShellTasks",
            exclude: ["Agents", "Data", "Harness", "Reference", "check.sh"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "arithmetic",
            dependencies: ["BenchmarkFramework"],
            path: "Examples/Arithmetic",
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: ["BenchmarkTransport", "BenchmarkProtocol"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: ["BenchmarkTransport", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProtocolTests",
            dependencies: ["BenchmarkProtocol", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "BenchmarkSandbox", "BenchmarkProtocol", "BenchmarkTransport", "local-daytona", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FrameworkTests",
            dependencies: ["BenchmarkFramework", "TestSupport"],
            exclude: ["Auth/Vectors"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ServiceTestingTests",
            dependencies: ["BenchmarkServiceTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ScaffoldTests",
            dependencies: ["scaffold", "BenchmarkTransport", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ToolTests",
            dependencies: [
                "runner", "shell-tasks", "ws-echo", "http-get", "BenchmarkFramework", "BenchmarkServiceTesting",
                "BenchmarkTransport", "TestSupport",
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzz targets of `./dev fuzz`, in place of the programs and tests: libFuzzer brings the entry point, with which no
// other program can be linked.
if Context.environment["FUZZ"] != nil {
    let targets = [
        "HTTPRequest", "HTTPResponse", "HTTPFields", "ChunkLine", "URL", "PercentCoding", "WebSocket",
        "WebSocketHandshake", "UTF8", "Date", "JSON", "Slice", "Contract", "Multipart", "Log", "Daytona", "Token",
        "ForwardedFor",
    ]
    package.products = []
    package.targets.removeAll { $0.type == .executable || $0.type == .test || $0.name == "TestSupport" }
    package.targets.append(.target(name: "FuzzSupport", path: "Tests/Fuzz/Support", swiftSettings: settings))
    package.targets += targets.map { name in
        .executableTarget(
            name: "fuzz-\(name)",
            dependencies: [
                "FuzzSupport", "BenchmarkTransport", "BenchmarkProtocol", "BenchmarkSandbox", "BenchmarkFramework",
            ],
            path: "Tests/Fuzz/\(name)",
            swiftSettings: settings
        )
    }
}
