/// The fields of a message, in order, duplicates kept (RFC 9110 §5).
///
/// A list rather than a dictionary, as order and repetition are observable. Names and values share one array of bytes;
/// strings are created on demand. Only what can be written on the wire can be stored: control characters in a value
/// become blanks, so a value can never start a line of its own.
public struct HTTPFields: Sendable, Sequence, Equatable, ExpressibleByArrayLiteral {
    /// One field line.
    public typealias Element = (name: HTTPField.Name, value: String)

    /// The position of a line in ``bytes``: a lower-case name, directly followed by its value.
    struct Line: Sendable, Equatable {
        var start: Int32
        var nameCount: Int32
        var valueCount: Int32
    }

    private(set) var bytes: [UInt8] = []
    private(set) var lines: [Line] = []

    /// Creates an empty list.
    public init() {}

    /// Creates a list of the given fields, in order.
    public init(_ fields: some Sequence<(HTTPField.Name, String)>) {
        for (name, value) in fields { append(name, value) }
    }

    /// Creates a list of the given fields, in order.
    public init(arrayLiteral elements: (HTTPField.Name, String)...) { self.init(elements) }

    /// The number of lines.
    public var count: Int { lines.count }

    // MARK: Reading

    /// The value of the first field with a name, without surrounding blanks; `nil` if there is none.
    ///
    /// A value that is not valid UTF-8 is read as Latin-1.
    public subscript(name: HTTPField.Name) -> String? { self[name.description] }

    /// The value of the first field with a name, which can be any text; `nil` if there is none.
    public subscript(name: String) -> String? {
        firstLine(name).map { Self.text(bytes[valueRange(lines[$0])]) }
    }

    /// The values of all fields with a name, in order.
    public subscript(values name: HTTPField.Name) -> [String] {
        lines.indices.filter { isLine($0, named: name.description) }.map { Self.text(bytes[valueRange(lines[$0])]) }
    }

    /// Returns the bytes of the first field with a name; `nil` if there is none.
    public func rawValue(of name: HTTPField.Name) -> [UInt8]? {
        firstLine(name.description).map { Array(bytes[valueRange(lines[$0])]) }
    }

    /// Whether there is a field with a name.
    public func contains(_ name: HTTPField.Name) -> Bool { firstLine(name.description) != nil }

    /// Whether the comma-separated values of a name contain a token, compared case-insensitively.
    public func hasToken(_ token: String, in name: HTTPField.Name) -> Bool {
        let wanted = Array(token.utf8.map { HTTPSyntax.lowercased($0) })
        // A real token is ASCII; anything else has to be compared as text.
        guard !wanted.isEmpty, wanted.allSatisfy({ $0 < 0x80 }) else {
            return tokens(in: name).contains { $0.utf8.map { HTTPSyntax.lowercased($0) } == wanted }
        }
        return lines.indices.contains { index in
            guard isLine(index, named: name.description) else { return false }
            return bytes[valueRange(lines[index])].split(separator: UInt8(ascii: ",")).contains { part in
                let part = Self.trimmed(part)
                return part.count == wanted.count && part.lazy.map(HTTPSyntax.lowercased).elementsEqual(wanted)
            }
        }
    }

    /// Returns the comma-separated elements of all fields with a name, without surrounding blanks or empty elements.
    public func tokens(in name: HTTPField.Name) -> [String] {
        self[values: name].flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { part in
                let token = Self.trimmed(Array(part)[...])
                return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
            }
        }
    }

    /// Returns an iterator over the fields, in order.
    public func makeIterator() -> AnyIterator<Element> {
        var index = 0
        return AnyIterator {
            guard index < lines.count else { return nil }
            defer { index += 1 }
            let line = lines[index]
            guard let name = HTTPField.Name(Self.text(bytes[nameRange(line)])) else { return nil }
            return (name, Self.text(bytes[valueRange(line)]))
        }
    }

    // MARK: Changing

    /// Appends a field.
    public mutating func append(_ name: HTTPField.Name, _ value: String) {
        let cleaned = value.utf8.map { HTTPSyntax.isFieldValue($0) ? $0 : 0x20 }
        appendLine(name.description.utf8, Self.trimmed(cleaned[...]))
    }

    /// Replaces all fields with a name by one at the end.
    public mutating func set(_ name: HTTPField.Name, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// As ``set(_:_:)-(HTTPField.Name,_)``; a text that is not a field name changes nothing.
    public mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { set(name, value) }
    }

    /// Removes all fields with a name.
    public mutating func remove(_ name: HTTPField.Name) {
        if !contains(name) { return }
        lines = lines.indices.filter { !isLine($0, named: name.description) }.map { lines[$0] }
    }

    /// Appends a line whose bytes have been checked.
    mutating func appendLine(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let start = bytes.count
        for byte in name { bytes.append(HTTPSyntax.lowercased(byte)) }
        bytes.append(contentsOf: value)
        guard let line = Line(start: start, nameCount: name.count, valueCount: value.count) else { return }
        lines.append(line)
    }

    /// Removes all fields but keeps the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    // MARK: Storage

    func nameRange(_ line: Line) -> Range<Int> { Int(line.start)..<Int(line.start + line.nameCount) }

    func valueRange(_ line: Line) -> Range<Int> {
        let start = Int(line.start + line.nameCount)
        return start..<start + Int(line.valueCount)
    }

    private func firstLine(_ name: String) -> Int? { lines.indices.first { isLine($0, named: name) } }

    func isLine(_ index: Int, named name: String) -> Bool {
        let line = lines[index]
        guard Int(line.nameCount) == name.utf8.count else { return false }
        var position = Int(line.start)
        for byte in name.utf8 {
            if bytes[position] != HTTPSyntax.lowercased(byte) { return false }
            position += 1
        }
        return true
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, HTTPSyntax.isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, HTTPSyntax.isBlank(last) { bytes.removeLast() }
        return bytes
    }

    /// Decodes bytes as UTF-8 or, if they are not valid, as Latin-1.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        for byte in bytes { text.unicodeScalars.append(UnicodeScalar(byte)) }
        return text
    }

    /// Whether both have the same lines in the same order.
    public static func == (left: HTTPFields, right: HTTPFields) -> Bool {
        left.count == right.count
            && zip(left.lines, right.lines).allSatisfy { a, b in
                left.bytes[left.nameRange(a)] == right.bytes[right.nameRange(b)]
                    && left.bytes[left.valueRange(a)] == right.bytes[right.valueRange(b)]
            }
    }
}

extension HTTPFields.Line {
    init?(start: Int, nameCount: Int, valueCount: Int) {
        guard let start = Int32(exactly: start), let name = Int32(exactly: nameCount),
            let value = Int32(exactly: valueCount), start <= .max - name, start + name <= .max - value
        else { return nil }
        (self.start, self.nameCount, self.valueCount) = (start, name, value)
    }
}
