public import BenchmarkProtocol

extension JSONObject {
    /// Returns the string of a key.
    ///
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the key if it is absent or not a string. The
    ///   other accessors do the same for their types.
    public func string(_ key: String) throws -> String {
        try required(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Returns the integer of a key.
    public func int(_ key: String) throws -> Int {
        try required(key, "an integer") { if case .int(let number) = $0 { number } else { nil } }
    }

    /// Returns the number of a key, integer or not.
    public func number(_ key: String) throws -> Double {
        try required(key, "a number") {
            switch $0 {
            case .int(let number): Double(number)
            case .double(let number): number
            default: nil
            }
        }
    }

    /// Returns the array of a key.
    public func array(_ key: String) throws -> [JSONValue] {
        try required(key, "an array") { if case .array(let values) = $0 { values } else { nil } }
    }

    /// Returns the object of a key.
    public func object(_ key: String) throws -> JSONObject {
        try required(key, "an object") { if case .object(let object) = $0 { object } else { nil } }
    }

    private func required<R>(_ key: String, _ kind: String, _ convert: (JSONValue) -> R?) throws -> R {
        guard let value = self[key] else { throw ServiceError(.invalidData, "'\(key)' is missing") }
        guard let converted = convert(value) else { throw ServiceError(.invalidData, "'\(key)' is not \(kind)") }
        return converted
    }
}
