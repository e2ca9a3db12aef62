public import BenchmarkProtocol

extension JSONObject {
    /// The text of a key.
    ///
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the key if it is absent or no text. The
    ///   other accessors do likewise.
    public func string(_ key: String) throws -> String {
        try required(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// The whole number of a key.
    public func int(_ key: String) throws -> Int {
        try required(key, "an integer") { if case .int(let number) = $0 { number } else { nil } }
    }

    /// The number of a key, whole or not.
    public func number(_ key: String) throws -> Double {
        try required(key, "a number") {
            switch $0 {
            case .int(let number): Double(number)
            case .double(let number): number
            default: nil
            }
        }
    }

    /// The array of a key.
    public func array(_ key: String) throws -> [JSONValue] {
        try required(key, "an array") { if case .array(let values) = $0 { values } else { nil } }
    }

    /// The object of a key.
    public func object(_ key: String) throws -> JSONObject {
        try required(key, "an object") { if case .object(let object) = $0 { object } else { nil } }
    }

    private func required<R>(_ key: String, _ kind: String, _ convert: (JSONValue) -> R?) throws -> R {
        guard let value = self[key] else { throw ServiceError(.invalidData, "'\(key)' is missing") }
        guard let converted = convert(value) else { throw ServiceError(.invalidData, "'\(key)' is not \(kind)") }
        return converted
    }
}
