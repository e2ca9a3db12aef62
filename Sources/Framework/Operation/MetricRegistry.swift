import BenchmarkTransport

/// A set of metrics, and their text in Prometheus' text format, version 0.0.4.
final class MetricRegistry: Sendable {
    /// A metric and its values.
    struct Family: Sendable {
        let name: String
        let help: String
        let kind: Kind
        /// The values, by the text of their labels.
        fileprivate var values: [String: Double] = [:]
        fileprivate var histograms: [String: Histogram] = [:]

        init(_ name: String, _ kind: Kind, _ help: String) { (self.name, self.kind, self.help) = (name, kind, help) }
    }

    /// The kind of a metric.
    enum Kind: Sendable, Equatable {
        /// A number that only grows.
        case counter
        /// A number that goes up and down.
        case gauge
        /// The number of observations up to each of these bounds, which are in ascending order.
        case histogram([Double])

        fileprivate var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    fileprivate struct Histogram: Sendable {
        var counts: [Int]
        var count = 0
        var sum = 0.0
    }

    /// Labels and their values.
    typealias Labels = KeyValuePairs<String, String>

    private let families: Locked<[Family]>

    /// A registry of the given families, in the order of the text.
    init(_ families: [Family]) { self.families = Locked(families) }

    /// Adds to a counter or gauge; an unknown name is ignored.
    func add(_ value: Double, to name: String, _ labels: Labels = [:]) {
        change(name) { $0.values[Self.text(labels), default: 0] += value }
    }

    /// Sets a gauge.
    func set(_ name: String, to value: Double) { change(name) { $0.values[""] = value } }

    /// Adds an observation to a histogram.
    func observe(_ value: Double, in name: String, _ labels: Labels = [:]) {
        change(name) { family in
            guard case .histogram(let bounds) = family.kind else { return }
            let key = Self.text(labels)
            var histogram = family.histograms[key] ?? Histogram(counts: bounds.map { _ in 0 })
            for (index, bound) in bounds.enumerated() where value <= bound { histogram.counts[index] += 1 }
            histogram.count += 1
            histogram.sum += value
            family.histograms[key] = histogram
        }
    }

    private func change(_ name: String, _ body: (inout Family) -> Void) {
        families.withLock { families in
            if let index = families.firstIndex(where: { $0.name == name }) { body(&families[index]) }
        }
    }

    // MARK: Text

    /// The text of all metrics, in a stable order.
    var text: String {
        families.withLock { $0 }.map(Self.text).joined()
    }

    private static func text(_ family: Family) -> String {
        var text = "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.name)\n"
        for (labels, value) in family.values.sorted(by: { $0.key < $1.key }) {
            text += "\(family.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(value))\n"
        }
        guard case .histogram(let bounds) = family.kind else { return text }
        for (labels, histogram) in family.histograms.sorted(by: { $0.key < $1.key }) {
            let prefix = labels.isEmpty ? "" : "\(labels),"
            for (bound, count) in zip(bounds, histogram.counts) {
                text += "\(family.name)_bucket{\(prefix)le=\"\(number(bound))\"} \(count)\n"
            }
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            text += "\(family.name)_bucket{\(prefix)le=\"+Inf\"} \(histogram.count)\n"
            text += "\(family.name)_sum\(braces) \(number(histogram.sum))\n"
            text += "\(family.name)_count\(braces) \(histogram.count)\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func text(_ labels: Labels) -> String {
        labels.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
