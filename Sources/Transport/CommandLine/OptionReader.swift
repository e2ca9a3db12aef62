/// A command line that cannot be understood, and why.
package struct UsageError: Error, Equatable {
    package let message: String
    package init(message: String) { self.message = message }
}

/// Reads a command line option by option: `--name value`, `--name=value`, or a flag without a value.
package struct OptionReader {
    private var rest: ArraySlice<String>
    private var name = ""
    private var attachedValue: String?

    package init(_ arguments: some Sequence<String>) { rest = Array(arguments)[...] }

    /// Returns the next option's name, or the next argument that is not an option; `nil` at the end.
    ///
    /// - Throws: ``UsageError`` if the previous option was given a value with `=` that was not read.
    package mutating func next() throws(UsageError) -> String? {
        if attachedValue != nil { throw UsageError(message: "\(name) takes no value") }
        guard let argument = rest.popFirst() else { return nil }
        guard argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") else {
            name = argument
            return name
        }
        name = String(argument[..<sign])
        attachedValue = String(argument[argument.index(after: sign)...])
        return name
    }

    /// Returns the value of the current option.
    package mutating func value() throws(UsageError) -> String {
        if let value = attachedValue {
            attachedValue = nil
            return value
        }
        guard let value = rest.popFirst() else { throw UsageError(message: "\(name) needs a value") }
        return value
    }

    /// Returns the value of the current option as a whole number.
    package mutating func number(in range: ClosedRange<Int>) throws(UsageError) -> Int {
        let text = try value()
        guard let number = HTTPSyntax.decimal(text.utf8), range.contains(number) else {
            throw UsageError(
                message: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    /// Returns the value of the current option as a number of seconds of up to a day.
    package mutating func seconds() throws(UsageError) -> Duration {
        let text = try value()
        guard let number = Double(text), (0...86_400).contains(number) else {
            throw UsageError(message: "\(name) is a number of seconds up to a day, not '\(text)'")
        }
        return .seconds(number)
    }

    /// Returns the error for an unknown argument, with the option of the usage text that may be meant.
    package static func unknown(_ argument: String, usage: String) -> UsageError {
        let meant = Suggestion.nearest(to: argument, among: Suggestion.options(in: usage))
        return UsageError(message: "unknown argument '\(argument)'" + (meant.map { ", did you mean \($0)?" } ?? ""))
    }
}
