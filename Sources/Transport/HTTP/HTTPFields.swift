/// The fields of a message, in order, duplicates kept (RFC 9110 §5).
///
/// A list and not a dictionary: order and repetition can be observed. Names and values are one array of bytes; texts are
/// made when asked for. What cannot be written on the wire cannot be put in: control characters in a value become
/// blanks, so a value can never begin a line of its own.
public struct HTTPFields: Sendable, Sequence, Equatable, ExpressibleByArrayLiteral {
    /// One line.
    public typealias Element = (name: HTTPField.Name, value: String)

    /// Where a line stands in ``bytes``: a lower-case name, directly followed by its value.
    struct Line: Sendable, Equatable {
        var start: Int32
        var nameCount: Int32
        var valueCount: Int32
    }

    private(set) var bytes: [UInt8] = []
    private(set) var lines: [Line] = []

    /// No fields.
    public init() {}

    /// The given fields in their order.
    public init(_ fields: some Sequence<(HTTPField.Name, String)>) {
        for (name, value) in fields { append(name, value) }
    }

    /// The given fields in their order.
    public init(arrayLiteral elements: (HTTPField.Name, String)...) { self.init(elements) }

    /// The number of lines.
    public var count: Int { lines.count }

    // MARK: Reading

    /// The value of the first field of a name, without the blanks around it; nil if there is none.
    ///
    /// Bytes that are no UTF-8 are read as Latin-1.
    public subscript(name: HTTPField.Name) -> String? { self[name.description] }

    /// As by a validated name; any text may be asked for.
    public subscript(name: String) -> String? {
        firstLine(name).map { Self.text(bytes[valueRange(lines[$0])]) }
    }

    /// The values of all fields of a name, in order.
    public subscript(values name: HTTPField.Name) -> [String] {
        lines.indices.filter { isLine($0, named: name.description) }.map { Self.text(bytes[valueRange(lines[$0])]) }
    }

    /// The bytes of the first field of a name.
    public func rawValue(of name: HTTPField.Name) -> [UInt8]? {
        firstLine(name.description).map { Array(bytes[valueRange(lines[$0])]) }
    }

    /// Whether there is a field of a name.
    public func contains(_ name: HTTPField.Name) -> Bool { firstLine(name.description) != nil }

    /// Whether the comma-separated values of a name contain a token, compared without regard to case.
    public func hasToken(_ token: String, in name: HTTPField.Name) -> Bool {
        let wanted = Array(token.utf8.map { HTTPSyntax.lowercased($0) })
        // A real token is ASCII; what is none has to be read as text.
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

    /// The comma-separated elements of all fields of a name, without the blanks around them; empty ones are left out.
    public func tokens(in name: HTTPField.Name) -> [String] {
        self[values: name].flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { part in
                let token = Self.trimmed(Array(part)[...])
                return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
            }
        }
    }

    /// Iterates over the fields in their order.
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

    /// Replaces all fields of a name by one, which comes last.
    public mutating func set(_ name: HTTPField.Name, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// As ``set(_:_:)-(HTTPField.Name,_)``; a text that is no field name changes nothing.
    public mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { set(name, value) }
    }

    /// Removes all fields of a name.
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

    /// Empties the list and keeps its memory.
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

    /// UTF-8, else Latin-1.
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
