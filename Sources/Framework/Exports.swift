// What an author of a service names beside the framework's own types: `import BenchmarkFramework` is enough.
@_exported public import BenchmarkProtocol
@_exported public import BenchmarkSandbox
@_exported public import BenchmarkTransport
