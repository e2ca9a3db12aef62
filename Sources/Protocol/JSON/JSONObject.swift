/// A JSON object: unique keys, in order.
///
/// A key that is set again keeps its place and gets the new value, as in Python's dictionaries. Keys are compared by
/// their UTF-8. Lookups in large objects take constant time.
public struct JSONObject: Sendable, Hashable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    /// A key with its value.
    public typealias Element = (key: String, value: JSONValue)

    /// The number of keys from which an index is kept; with fewer, comparing is faster.
    private static let indexedFrom = 12

    private var keys: [String] = []
    private var values: [JSONValue] = []
    private var positions: [ScalarString: Int] = [:]

    /// Creates an object without keys.
    public init() {}

    /// Creates an object with the given keys, in their order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// Creates an object with the given keys, in their order.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    /// The position of the first key.
    public var startIndex: Int { 0 }
    /// The position after the last key.
    public var endIndex: Int { keys.count }

    /// The key and value at a position.
    public subscript(position: Int) -> Element { (keys[position], values[position]) }

    /// The value of a key; `nil` if it is absent.
    ///
    /// Setting `nil` removes the key.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { values[$0] } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): values[position] = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Creates an object from keys and as many values, matched by position.
    init(keys: [String], values: [JSONValue]) {
        (self.keys, self.values) = (keys, values)
        if index() { return }
        // A key occurs twice, which is rare enough to start over.
        self = JSONObject(zip(keys, values))
    }

    private func position(of key: String) -> Int? {
        if keys.count >= Self.indexedFrom { return positions[ScalarString(key)] }
        return keys.firstIndex { $0.hasSameUTF8(as: key) }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        keys.append(key)
        values.append(value)
        if keys.count > Self.indexedFrom {
            positions[ScalarString(key)] = keys.count - 1
        } else if keys.count == Self.indexedFrom {
            index()
        }
    }

    private mutating func remove(at position: Int) {
        keys.remove(at: position)
        values.remove(at: position)
        index()
    }

    /// Rebuilds the index, if the object is large enough for one; returns false if a key occurs twice.
    @discardableResult
    private mutating func index() -> Bool {
        positions = [:]
        if keys.count < Self.indexedFrom {
            return keys.indices.allSatisfy { position(of: keys[$0]) == $0 }
        }
        positions.reserveCapacity(keys.count)
        for (position, key) in keys.enumerated() {
            if positions.updateValue(position, forKey: ScalarString(key)) != nil { return false }
        }
        return true
    }

    /// Compares keys and values, in their order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.keys.elementsEqual(right.keys) { $0.hasSameUTF8(as: $1) } && left.values == right.values
    }

    /// Hashes keys and values in their order.
    public func hash(into hasher: inout Hasher) {
        for (key, value) in self {
            hasher.combine(ScalarString(key))
            hasher.combine(value)
        }
    }
}
