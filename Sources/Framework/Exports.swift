// Re-exported so that `import BenchmarkFramework` is all that a service needs.
@_exported public import BenchmarkProtocol
@_exported public import BenchmarkSandbox
@_exported public import BenchmarkTransport
