/// One element of `sec-websocket-extensions`: an extension that is offered or accepted, with its parameters
/// (RFC 6455 §9.1).
package struct WebSocketExtension: Sendable, Equatable {
    /// One parameter; the value is a token, whether it was quoted or not.
    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let value: String?
    }

    package let name: String
    package let parameters: [Parameter]

    /// Parses the elements of all fields, in order; `nil` if one of the fields violates the grammar.
    ///
    /// Names are case-sensitive. Empty elements are left out (RFC 9110 §5.6.1.2).
    package static func parse(_ values: [String]) -> [WebSocketExtension]? {
        var found: [WebSocketExtension] = []
        for value in values {
            var reader = Reader(value)
            guard let extensions = reader.list() else { return nil }
            found += extensions
        }
        return found
    }

    /// Reads one field's value; every function returns `nil` where the grammar is violated.
    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ value: String) { rest = Array(value.utf8)[...] }

        mutating func list() -> [WebSocketExtension]? {
            var found: [WebSocketExtension] = []
            repeat {
                skipBlanks()
                if rest.isEmpty || rest.first == UInt8(ascii: ",") { continue }
                guard let element = element() else { return nil }
                found.append(element)
            } while take(",")
            return rest.isEmpty ? found : nil
        }

        private mutating func element() -> WebSocketExtension? {
            guard let name = token() else { return nil }
            var parameters: [Parameter] = []
            while take(";") {
                guard let name = token() else { return nil }
                var value: String?
                if take("=") {
                    guard let given = rest.first == UInt8(ascii: "\"") ? quoted() : token() else { return nil }
                    value = given
                }
                parameters.append(Parameter(name: name, value: value))
            }
            return WebSocketExtension(name: name, parameters: parameters)
        }

        private mutating func token() -> String? {
            let token = rest.prefix(while: HTTPSyntax.isToken)
            rest = rest.dropFirst(token.count)
            skipBlanks()
            return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
        }

        /// Reads a quoted value, which must be a token once unescaped.
        private mutating func quoted() -> String? {
            rest = rest.dropFirst()
            var text: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") {
                    skipBlanks()
                    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
                }
                let plain = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
                guard let plain, HTTPSyntax.isToken(plain) else { return nil }
                text.append(plain)
            }
            return nil
        }

        private mutating func take(_ separator: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: separator) else { return false }
            rest = rest.dropFirst()
            skipBlanks()
            return true
        }

        private mutating func skipBlanks() { rest = rest.drop(while: HTTPSyntax.isBlank) }
    }
}
