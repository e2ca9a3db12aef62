/// A lossless JSON value: objects keep their order, `1` and `1.0` stay different, and integers may have any size.
///
/// Equality is exact: texts are compared by their UTF-8, numbers also by their kind.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// An integer that fits in an `Int`.
    case int(Int)
    /// An integer that does not.
    case largeInteger(JSONLargeInteger)
    /// A number with a fraction or an exponent; not finite if it was read as `NaN`, `Infinity`, or `1e400`.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, with its keys in their order.
    case object(JSONObject)
}

/// An integer beyond the range of `Int`, as its decimal digits.
public struct JSONLargeInteger: Sendable, Hashable, CustomStringConvertible {
    /// The digits, without leading zeros, after a minus sign if the number is negative.
    public let description: String

    /// Creates an integer from its digits; returns `nil` if they are not the JSON form of an integer.
    ///
    /// An integer that fits in an `Int` is written in the same way, but is not equal to the ``JSONValue/int(_:)`` that
    /// it reads back as.
    public init?(_ text: String) {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard let first = digits.first, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        if first == 0x30 && digits.count > 1 { return nil }
        description = text
    }
}

extension JSONValue {
    /// The value of an object's key; `nil` if this is not an object or has no such key.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// The element of an array; `nil` if this is not an array or is shorter.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }

    /// The text, if this is one.
    public var stringValue: String? { if case .string(let text) = self { text } else { nil } }

    /// The integer, if this is one that fits in an `Int`.
    public var intValue: Int? { if case .int(let number) = self { number } else { nil } }

    /// The number as a `Double`, if this is a number.
    public var doubleValue: Double? {
        switch self {
        case .int(let number): Double(number)
        case .largeInteger(let number): Double(number.description)
        case .double(let number): number
        default: nil
        }
    }

    /// The Boolean, if this is one.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements, if this is an array.
    public var arrayValue: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

    /// The object, if this is one.
    public var objectValue: JSONObject? { if case .object(let object) = self { object } else { nil } }
}

extension JSONValue: Hashable {
    /// Compares exactly: texts by their UTF-8, numbers also by their kind.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.largeInteger(let a), .largeInteger(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameUTF8(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let number): hasher.combine(number)
        case .largeInteger(let number): hasher.combine(number)
        case .double(let number): hasher.combine(number)
        case .string(let text): hasher.combine(ScalarString(text))
        case .array(let values): hasher.combine(values)
        case .object(let object): hasher.combine(object)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// Creates a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates an integer.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// Creates a number with a fraction.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// Creates a Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Creates an object with its keys in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
    /// Creates a null.
    public init(nilLiteral: ()) { self = .null }
}
