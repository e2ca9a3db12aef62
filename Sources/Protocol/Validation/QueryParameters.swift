/// The parameters of a query, in order.
package struct QueryParameters: Sendable {
    private let items: [(name: String, value: String)]

    package init(_ items: [(name: String, value: String)]) { self.items = items }

    /// All values of a name.
    package func all(_ name: String) -> [String] {
        items.filter { $0.name.hasSameUTF8(as: name) }.map(\.value)
    }

    /// The last value of a name, which is the one that counts; nil if there is none.
    package func last(_ name: String) -> String? { all(name).last }
}

/// The parameters of `GET /retrieve-task/`.
package struct RetrieveTaskRequest: Sendable {
    package var taskID: String
    package var skipValidation: Bool
    package var dataset: String?

    /// - Throws: ``ValidationErrors``.
    package init(query: QueryParameters) throws {
        var errors: [ValidationErrors.Entry] = []
        let taskID = query.last("task_id")
        if taskID == nil {
            errors.append(.init("missing", ["query", "task_id"], "Field required", input: .null))
        }
        let text = query.last("skip_validation")
        let skips = text.map { Self.boolean($0) } ?? false
        if skips == nil, let text {
            errors.append(
                .init(
                    "bool_parsing",
                    ["query", "skip_validation"],
                    "Input should be a valid boolean, unable to interpret input",
                    input: .string(text)
                )
            )
        }
        guard errors.isEmpty, let taskID, let skips else { throw ValidationErrors(errors) }
        (self.taskID, skipValidation, dataset) = (taskID, skips, query.last("dataset"))
    }

    /// The words for true and false, without regard to case and without trimming.
    private static func boolean(_ text: String) -> Bool? {
        let yes: [StaticString] = ["1", "true", "t", "yes", "y", "on"]
        let no: [StaticString] = ["0", "false", "f", "no", "n", "off"]
        if yes.contains(where: { ASCIIText.matches(text.utf8, $0) }) { return true }
        return no.contains { ASCIIText.matches(text.utf8, $0) } ? false : nil
    }
}
