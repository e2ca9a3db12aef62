import BenchmarkFramework

try await BenchmarkServiceApp(ShellTasksService.self).run()
