/// A text as a key: equal and hashed by its UTF-8.
///
/// Swift's `String` takes canonically equivalent texts for equal, as é in one scalar and é in two; on the wire they are
/// two ids.
package struct ScalarString: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ScalarString, right: ScalarString) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
