/// The header of one part of a multipart body.
package struct MultipartFields: Sendable, Equatable {
    private var names = [String]()
    private var values = [String]()

    /// Parses lines that end in CRLF, with an empty one at the end; returns `nil` if a line has no colon.
    init?(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).unicodeScalars.split(separator: "\n") {
            let text = line.last == "\r" ? line.dropLast() : line
            if text.isEmpty { continue }
            guard let colon = text.firstIndex(of: ":") else { return nil }
            names.append(String(text[..<colon]).asciiLowercased)
            values.append(String(text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }))
        }
    }

    /// The first value of a field, whose name must be given in lower case.
    package subscript(name: String) -> String? {
        names.firstIndex { $0.utf8.elementsEqual(name.utf8) }.map { values[$0] }
    }

    /// The `name` in the part's Content-Disposition.
    package var name: String? { self["content-disposition"].flatMap { HeaderParameters($0)["name"] } }
}
