/// What the command line asks for.
struct ScaffoldArguments: Equatable {
    /// The benchmark's name as it was typed.
    var name: String
    /// A checkout of the toolkit.
    var frameworkPath: String?
    /// A repository of the toolkit.
    var frameworkURL: String?

    static let usage = """
        usage: scaffold NAME [options]
        Generates the project of a new benchmark service in the folder NAME-benchmark-service.

          --framework-path PATH   use the toolkit from a checkout on this machine; the default if this program was
                                  built in one
          --framework-url URL     use the toolkit from a repository
          --help                  this text
        """

    /// Parses the arguments; returns `nil` if help was requested.
    ///
    /// After `--`, nothing is an option.
    ///
    /// - Throws: ``ScaffoldError`` with code `.usage`.
    static func parse(_ arguments: [String]) throws(ScaffoldError) -> ScaffoldArguments? {
        var names: [String] = []
        var options: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.utf8.first == UInt8(ascii: "-") else {
                names.append(argument)
                continue
            }
            if argument == "--" {
                names += rest
                break
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "--help", "-h": return nil
            case "--framework-path", "--framework-url":
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                    throw ScaffoldError(.usage, "\(parts[0]) needs a value")
                }
                options[parts[0]] = value
            default: throw ScaffoldError(.usage, "no such option: \(parts[0])")
            }
        }
        guard let name = names.first else { throw ScaffoldError(.usage, "missing argument: NAME") }
        if names.count > 1 { throw ScaffoldError(.usage, "got an unexpected extra argument: \(names[1])") }
        if options.count > 1 {
            throw ScaffoldError(.usage, "--framework-path and --framework-url exclude each other")
        }
        return ScaffoldArguments(
            name: name,
            frameworkPath: options["--framework-path"],
            frameworkURL: options["--framework-url"]
        )
    }
}
