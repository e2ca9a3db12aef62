/// The program without its process: arguments in, text and an exit code out.
struct ScaffoldCommand {
    /// The path of the running program.
    let program: String
    /// The folder in which the project's folder is created.
    let workingDirectory: String

    /// What the process prints, and how it ends.
    struct Outcome: Equatable {
        var exitCode: Int32 = 0
        var output = ""
        var errorOutput = ""
    }

    /// Creates a project, unless the arguments or the contents of the working directory prevent it.
    func run(_ arguments: [String]) -> Outcome {
        do throws(ScaffoldError) {
            guard let parsed = try ScaffoldArguments.parse(arguments) else {
                return Outcome(output: ScaffoldArguments.usage + "\n")
            }
            return try make(parsed)
        } catch {
            if error.code == .usage {
                return Outcome(exitCode: 2, errorOutput: "error: \(error.message)\n\(ScaffoldArguments.usage)\n")
            }
            // The message is written to standard output, as by the original generator.
            return Outcome(exitCode: 1, output: "Error: \(error.message)\n", errorOutput: "Aborted!\n")
        }
    }

    private func make(_ arguments: ScaffoldArguments) throws(ScaffoldError) -> Outcome {
        let name = try BenchmarkName(arguments.name)
        let toolkit = try ToolkitSource.resolve(arguments, program: program, workingDirectory: workingDirectory)
        try toolkit.check(against: name)
        let path = try ProjectWriter(parent: workingDirectory).write(Project(name, toolkit: toolkit))
        var outcome = Outcome(
            output: """
                Created the benchmark service '\(name.text)' in \(path)

                Next steps (the toolkit comes from \(toolkit.place)):
                  cd \(name.directory)
                  make install
                  make dev

                """
        )
        if case .repository(let url, nil) = toolkit {
            outcome.errorOutput =
                "warning: this generator is not a release; the project follows the branch main of \(url)\n"
        }
        return outcome
    }
}
