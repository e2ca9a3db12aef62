/// The parameters of a query, in order.
package struct QueryParameters: Sendable {
    private let items: [(name: String, value: String)]

    package init(_ items: [(name: String, value: String)]) { self.items = items }

    /// Returns all values of a name.
    package func all(_ name: String) -> [String] {
        items.filter { $0.name.hasSameUTF8(as: name) }.map(\.value)
    }
}
