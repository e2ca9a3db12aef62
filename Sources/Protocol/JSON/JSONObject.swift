/// A JSON object: keys in order, each once.
///
/// A key that is set again keeps its place and gets the new value, as Python's dictionaries have it. Keys are compared
/// by their UTF-8. Looking up takes constant time in large objects.
public struct JSONObject: Sendable, Hashable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    /// A key with its value.
    public typealias Element = (key: String, value: JSONValue)

    /// From how many keys on an index is kept; below, comparing is faster.
    private static let indexedFrom = 12

    private var keys: [String] = []
    private var values: [JSONValue] = []
    private var positions: [ScalarString: Int] = [:]

    /// An object without keys.
    public init() {}

    /// An object of the given keys, in their order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// An object of the given keys, in their order.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    /// The first place.
    public var startIndex: Int { 0 }
    /// The place behind the last.
    public var endIndex: Int { keys.count }

    /// The key and value at a place.
    public subscript(position: Int) -> Element { (keys[position], values[position]) }

    /// The value of a key; nil if it is absent.
    ///
    /// Setting nil removes the key.
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

    /// An object of the given keys, each with the value at its place; as many of both.
    init(keys: [String], values: [JSONValue]) {
        (self.keys, self.values) = (keys, values)
        if index() { return }
        // A key comes twice, which is rare enough to start over.
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

    /// Makes the index anew, if the object is large enough for one; false if a key is there twice.
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

    /// Equal keys and values in the same order.
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
