import BenchmarkProtocol
import BenchmarkTransport

/// Which sandboxes are to be listed, and how.
public struct SandboxQuery: Sendable, Hashable {
    /// Labels that they all must have.
    public var labels: [String: String]
    /// The beginning of their ids; nil for any.
    public var idPrefix: String?
    /// The beginning of their names; nil for any.
    public var namePrefix: String?
    /// The states they may be in; none for any.
    public var states: [SandboxState]
    /// How many come at a time, from 1 to 200.
    public var pageSize: Int

    /// All sandboxes of the given properties.
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

/// Some of the sandboxes of a list.
public struct SandboxPage: Sendable, Hashable {
    /// The sandboxes, without their environments.
    public let items: [SandboxInfo]
    /// What names the next page; nil for the last.
    public let nextCursor: String?
}

extension DaytonaClient {
    /// One page of a list.
    ///
    /// - Parameters:
    ///   - query: which sandboxes, and how many of them a page has.
    ///   - cursor: ``SandboxPage/nextCursor`` of the page before; nil for the first.
    public func sandboxPage(_ query: SandboxQuery = SandboxQuery(), after cursor: String? = nil) async throws
        -> SandboxPage
    {
        let answer = try await call(.get, api.appending("/sandbox?\(try query.text(after: cursor))"))
        guard let items = answer["items"]?.arrayValue else {
            throw SandboxError(.protocolViolation, "the list of sandboxes has no items")
        }
        let next = answer["nextCursor"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        if let next, next == cursor {
            throw SandboxError(.protocolViolation, "the list of sandboxes goes round in circles at \(next)")
        }
        return SandboxPage(items: try items.map { item in try SandboxInfo(item) }, nextCursor: next)
    }

    /// The pages of a list, each asked for when it is wanted.
    public func sandboxPages(_ query: SandboxQuery = SandboxQuery()) -> SandboxPages {
        SandboxPages(client: self, query: query)
    }

    /// The sandboxes of a list; a page is asked for when those before it have been taken.
    ///
    /// The server's lists lag a little behind what happens.
    public func sandboxes(_ query: SandboxQuery = SandboxQuery()) -> SandboxList {
        SandboxList(pages: sandboxPages(query))
    }
}

/// The pages of a list of sandboxes.
///
/// - Buffered: nothing. Each iteration asks anew.
public struct SandboxPages: AsyncSequence, Sendable {
    let client: DaytonaClient
    let query: SandboxQuery

    /// Begins with the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(client: client, query: query) }

    /// Asks for page after page.
    public struct Iterator: AsyncIteratorProtocol {
        let client: DaytonaClient
        let query: SandboxQuery
        private var cursor: String?
        private var isOver = false

        init(client: DaytonaClient, query: SandboxQuery) { (self.client, self.query) = (client, query) }

        /// The next page; nil behind the last.
        public mutating func next() async throws -> SandboxPage? {
            if isOver { return nil }
            // A list that broke is over.
            isOver = true
            let page = try await client.sandboxPage(query, after: cursor)
            cursor = page.nextCursor
            isOver = page.nextCursor == nil
            return page
        }
    }
}

/// The sandboxes of a list, one by one.
///
/// - Buffered: one page. Each iteration asks anew.
public struct SandboxList: AsyncSequence, Sendable {
    let pages: SandboxPages

    /// Begins with the first sandbox.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

    /// Takes sandbox after sandbox.
    public struct Iterator: AsyncIteratorProtocol {
        var pages: SandboxPages.Iterator
        private var items: ArraySlice<SandboxInfo> = []

        init(pages: SandboxPages.Iterator) { self.pages = pages }

        /// The next sandbox; nil behind the last.
        public mutating func next() async throws -> SandboxInfo? {
            while items.isEmpty {
                guard let page = try await pages.next() else { return nil }
                items = page.items[...]
            }
            return items.popFirst()
        }
    }
}
