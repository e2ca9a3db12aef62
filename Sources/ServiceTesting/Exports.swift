@_exported public import BenchmarkFramework
