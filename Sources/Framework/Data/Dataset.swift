public import BenchmarkProtocol

/// The tasks of one dataset: ids in the order they were given, each with its item.
///
/// Ids are compared by their UTF-8, not by canonical equivalence. Looking one up takes constant time.
public struct Dataset<Item: Sendable>: Sendable, ExpressibleByDictionaryLiteral {
    /// The name it is served under; empty until it is part of ``Datasets``.
    public internal(set) var name = ""
    /// The ids in their order.
    public private(set) var taskIDs: [String] = []
    private var items: [Item] = []
    private var positions: [ScalarString: Int] = [:]

    /// A dataset without tasks.
    public init() {}

    /// A dataset of the given tasks.
    ///
    /// An id that occurs twice keeps its first position and gets the last item.
    public init(_ tasks: some Sequence<(id: String, item: Item)>) {
        for task in tasks { self[task.id] = task.item }
    }

    /// `["add-1": item, …]`, in the order written.
    public init(dictionaryLiteral elements: (String, Item)...) {
        for (id, item) in elements { self[id] = item }
    }

    /// The number of tasks.
    public var count: Int { taskIDs.count }

    /// The item of a task; `nil` if there is no such task.
    ///
    /// Setting `nil` removes the task, which takes linear time.
    public subscript(taskID: String) -> Item? {
        get { positions[ScalarString(taskID)].map { items[$0] } }
        set {
            guard let item = newValue else { return remove(taskID) }
            if let position = positions[ScalarString(taskID)] {
                items[position] = item
            } else {
                positions[ScalarString(taskID)] = items.count
                taskIDs.append(taskID)
                items.append(item)
            }
        }
    }

    private mutating func remove(_ taskID: String) {
        guard let position = positions.removeValue(forKey: ScalarString(taskID)) else { return }
        taskIDs.remove(at: position)
        items.remove(at: position)
        for (offset, id) in taskIDs[position...].enumerated() { positions[ScalarString(id)] = position + offset }
    }

    /// Returns the item of a task.
    ///
    /// - Throws: ``ServiceError`` with code `.unknownTask`, which becomes a 400.
    public func item(_ taskID: String) throws -> Item {
        guard let item = self[taskID] else { throw ServiceError.unknownTask(taskID) }
        return item
    }

    /// Returns the ids unchanged if the dataset has all of them.
    ///
    /// - Throws: ``ServiceError`` with code `.unknownTask` for the first that it does not have.
    @discardableResult
    public func validate(_ taskIDs: [String]) throws -> [String] {
        for id in taskIDs where positions[ScalarString(id)] == nil { throw ServiceError.unknownTask(id) }
        return taskIDs
    }

    /// Returns the ids that a filter selects: those it names, in its order; else a slice of all; else all.
    ///
    /// - Throws: ``ServiceError`` for an unknown id, `ProtocolError` for an invalid slice.
    public func filter(_ filter: TaskFilter) throws -> [String] {
        if !filter.taskIDs.isEmpty { return try validate(filter.taskIDs) }
        if filter.slice?.isEmpty == false { return try filter.parseSlice().apply(to: taskIDs) }
        return taskIDs
    }
}

extension Dataset: Sequence {
    /// The tasks in their order: `for (id, item) in dataset`.
    public func makeIterator() -> AnyIterator<(id: String, item: Item)> {
        var tasks = zip(taskIDs, items).makeIterator()
        return AnyIterator { tasks.next().map { (id: $0.0, item: $0.1) } }
    }
}

/// The datasets of a benchmark by name, in order.
///
/// A request that names no dataset means `default`.
public struct Datasets<Item: Sendable>: Sendable, ExpressibleByDictionaryLiteral {
    /// The datasets in their order.
    public private(set) var all: [Dataset<Item>] = []

    /// No datasets.
    public init() {}

    /// `["default": dataset, …]`, in the order written.
    public init(dictionaryLiteral elements: (String, Dataset<Item>)...) {
        for (name, dataset) in elements { self[name] = dataset }
    }

    /// The dataset with a name; `nil` if there is none.
    ///
    /// Setting `nil` removes it.
    public subscript(name: String) -> Dataset<Item>? {
        get { all.first { ScalarString($0.name) == ScalarString(name) } }
        set {
            guard var dataset = newValue else {
                return all.removeAll { ScalarString($0.name) == ScalarString(name) }
            }
            dataset.name = name
            if let index = all.firstIndex(where: { ScalarString($0.name) == ScalarString(name) }) {
                all[index] = dataset
            } else {
                all.append(dataset)
            }
        }
    }

    /// Returns the dataset that a request means.
    ///
    /// - Parameter name: the name in the request; `nil` or empty for `default`.
    /// - Throws: ``ServiceError`` with code `.unknownDataset`, which becomes a 400.
    public func dataset(_ name: String?) throws -> Dataset<Item> {
        let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
        guard let dataset = self[name] else { throw ServiceError.unknownDataset(name, available: all.map(\.name)) }
        return dataset
    }
}
