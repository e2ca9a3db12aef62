import BenchmarkProtocol
import BenchmarkTransport

/// Which sandboxes to list, and how.
public struct SandboxQuery: Sendable, Hashable {
    /// The labels that they all must have.
    public var labels: [String: String]
    /// The prefix of their ids; `nil` for any.
    public var idPrefix: String?
    /// The prefix of their names; `nil` for any.
    public var namePrefix: String?
    /// The states they may be in; empty for any.
    public var states: [SandboxState]
    /// The number of sandboxes on a page, from 1 to 200.
    public var pageSize: Int

    /// Creates a query for all sandboxes with the given properties.
    public init(
        labels: [String: String] = [:],
        idPrefix: String? = nil,
        namePrefix: String? = nil,
        states: [SandboxState] = [],
        pageSize: Int = 100
    ) {
        (self.labels, self.states, self.pageSize) = (labels, states, pageSize)
        (self.idPrefix, self.namePrefix) = (idPrefix, namePrefix)
    }

    func text(after cursor: String?) throws -> String {
        var items = [("limit", "\(min(200, max(1, pageSize)))")]
        if !labels.isEmpty {
            var object = JSONObject()
            for (name, value) in labels.sorted(by: { $0.key < $1.key }) { object[name] = .string(value) }
            items.append(("labels", String(decoding: try JSONValue.object(object).serialized(), as: UTF8.self)))
        }
        if let idPrefix { items.append(("id", idPrefix)) }
        if let namePrefix { items.append(("name", namePrefix)) }
        for state in states { items.append(("states", state.rawValue)) }
        if let cursor { items.append(("cursor", cursor)) }
        return items.map { "\($0.0)=\(HTTPURL.escape($0.1))" }.joined(separator: "&")
    }
}

/// One page of a list of sandboxes.
public struct SandboxPage: Sendable, Hashable {
    /// The sandboxes, without their environments.
    public let items: [SandboxInfo]
    /// The cursor of the next page; `nil` on the last one.
    public let nextCursor: String?
}

extension DaytonaClient {
    /// Returns one page of a list.
    ///
    /// - Parameters:
    ///   - query: which sandboxes, and how many on a page.
    ///   - cursor: ``SandboxPage/nextCursor`` of the page before; `nil` for the first page.
    public func sandboxPage(_ query: SandboxQuery = SandboxQuery(), after cursor: String? = nil) async throws
        -> SandboxPage
    {
        let answer = try await call(.get, api.appending("/sandbox?\(try query.text(after: cursor))"))
        guard let items = answer["items"]?.arrayValue else {
            throw SandboxError(.protocolViolation, "the list of sandboxes has no items")
        }
        let next = answer["nextCursor"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        if let next, next == cursor { throw SandboxPages.circle }
        return SandboxPage(items: try items.map { item in try SandboxInfo(item) }, nextCursor: next)
    }

    /// Returns the pages of a list, each requested on demand.
    public func sandboxPages(_ query: SandboxQuery = SandboxQuery()) -> SandboxPages {
        SandboxPages(client: self, query: query)
    }

    /// Returns the sandboxes of a list; a page is requested once those before it have been taken.
    ///
    /// The server's lists lag slightly behind the actual state.
    public func sandboxes(_ query: SandboxQuery = SandboxQuery()) -> SandboxList {
        SandboxList(pages: sandboxPages(query))
    }
}

/// The pages of a list of sandboxes.
///
/// - Buffered: nothing. Each iteration requests the pages again.
public struct SandboxPages: AsyncSequence, Sendable {
    let client: DaytonaClient
    let query: SandboxQuery

    static let circle = SandboxError(.protocolViolation, "the list of sandboxes goes round in circles")

    /// Makes an iterator that starts with the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(client: client, query: query) }

    /// Requests page after page.
    public struct Iterator: AsyncIteratorProtocol {
        let client: DaytonaClient
        let query: SandboxQuery
        private var cursor: String?
        private var isOver = false
        /// An earlier cursor, replaced after 1, 2, 4, … pages.
        ///
        /// If the list goes round in a circle, it ends up there and is met again (Brent's algorithm).
        private var landmark: String?
        private var pageCount = 0
        private var nextLandmark = 1

        init(client: DaytonaClient, query: SandboxQuery) { (self.client, self.query) = (client, query) }

        /// Returns the next page, or `nil` after the last.
        public mutating func next() async throws -> SandboxPage? {
            if isOver { return nil }
            // A list that failed is over.
            isOver = true
            let page = try await client.sandboxPage(query, after: cursor)
            cursor = page.nextCursor
            if cursor != nil, cursor == landmark { throw SandboxPages.circle }
            pageCount += 1
            if pageCount == nextLandmark { (landmark, nextLandmark) = (cursor, 2 * nextLandmark) }
            isOver = page.nextCursor == nil
            return page
        }
    }
}

/// The sandboxes of a list, one by one.
///
/// - Buffered: one page. Each iteration requests the pages again.
public struct SandboxList: AsyncSequence, Sendable {
    let pages: SandboxPages

    /// Makes an iterator that starts with the first sandbox.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

    /// Takes sandbox after sandbox.
    public struct Iterator: AsyncIteratorProtocol {
        var pages: SandboxPages.Iterator
        private var items: ArraySlice<SandboxInfo> = []

        init(pages: SandboxPages.Iterator) { self.pages = pages }

        /// Returns the next sandbox, or `nil` after the last.
        public mutating func next() async throws -> SandboxInfo? {
            while items.isEmpty {
                guard let page = try await pages.next() else { return nil }
                items = page.items[...]
            }
            return items.popFirst()
        }
    }
}
