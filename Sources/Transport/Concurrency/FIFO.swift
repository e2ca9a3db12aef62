/// Elements in order of arrival; adding one at the end and taking the first cost the same however many there are.
package struct FIFO<Element> {
    private var elements: [Element?] = []
    /// The index of the first element; the places before it are empty.
    private var first = 0

    package init() {}

    package var count: Int { elements.count - first }

    package var isEmpty: Bool { count == 0 }

    /// The element that was added last.
    package var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

    package mutating func append(_ element: Element) { elements.append(element) }

    /// Changes the element that was added last, if there is one, in place.
    package mutating func modifyLast(_ body: (inout Element) -> Void) {
        guard !isEmpty, var element = elements.removeLast() else { return }
        body(&element)
        elements.append(element)
    }

    /// Removes and returns the first element, or `nil` if there is none.
    package mutating func takeFirst() -> Element? {
        if isEmpty { return nil }
        let element = elements[first].take()
        first += 1
        // Empty places are removed once they make up half of all, at a constant cost per element on average.
        if first * 2 >= elements.count {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }

    /// Removes and returns all elements.
    package mutating func takeAll() -> [Element] {
        defer { self = FIFO() }
        return elements[first...].compactMap(\.self)
    }
}

extension FIFO: Sendable where Element: Sendable {}
