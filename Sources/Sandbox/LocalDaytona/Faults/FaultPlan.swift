import BenchmarkProtocol

/// The faults of a ``LocalDaytona``; among those of a kind, the first that applies is the one that strikes.
public struct FaultPlan: Sendable, Hashable {
    /// The faults, in the order in which they are considered.
    public var faults: [Fault]
    /// The seed of the random choices, which are the same for the same plan and the same order of requests.
    public var seed: UInt64

    /// Creates a plan; without faults, the server behaves normally.
    public init(_ faults: [Fault] = [], seed: UInt64 = 0) { (self.faults, self.seed) = (faults, seed) }
}

/// An error in the description of a fault or a plan.
package struct FaultTextError: Error, CustomStringConvertible {
    package let description: String
}

extension Fault {
    /// Reads a fault from `KIND[=VALUE][,code=N][,after=BYTES][,route=PATH][,method=M][,times=N][,probability=P]`.
    package init(parsing text: String) throws(FaultTextError) {
        var object = JSONObject()
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = pair.count == 2 ? pair[1] : nil
            if index == 0 {
                object["kind"] = .string(pair[0])
                if let value { object["value"] = Self.number(value) }
            } else if let value {
                guard object[pair[0]] == nil, pair[0] != "value" else {
                    throw FaultTextError(description: "the fault '\(text)' has '\(pair[0])' twice")
                }
                let isText = pair[0] == "route" || pair[0] == "method"
                object[pair[0]] = isText ? .string(value) : Self.number(value)
            } else {
                throw FaultTextError(description: "'\(part)' in the fault '\(text)' is not of the form NAME=VALUE")
            }
        }
        self = try Fault(.object(object))
    }

    private static func number(_ text: String) -> JSONValue {
        Int(text).map { .int($0) } ?? Double(text).map { .double($0) } ?? .string(text)
    }

    /// Reads a fault from an object with the members `kind`, `value`, `code`, `after`, `route`, `method`, `times` and
    /// `probability`; all but the first may be left out.
    init(_ json: JSONValue) throws(FaultTextError) {
        guard let object = json.objectValue, let name = object["kind"]?.stringValue else {
            throw FaultTextError(description: "a fault has no kind")
        }
        guard let kind = Kind(rawValue: name) else {
            let names = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw FaultTextError(description: "there is no fault '\(name)'; there are \(names)")
        }
        self.init(kind)
        func wrong(_ member: String, _ wanted: String) -> FaultTextError {
            FaultTextError(description: "\(member) of the fault '\(name)' is not \(wanted)")
        }
        if let values = kind.values {
            guard let value = object["value"]?.intValue, values.contains(value) else {
                throw wrong("the value", "a number from \(values.lowerBound) to \(values.upperBound)")
            }
            self.value = value
        }
        for (member, json) in object {
            switch member {
            case "kind", "value": break
            case "code":
                guard let code = json.intValue, [0, 1000, 1011].contains(code) else {
                    throw wrong(member, "0, 1000 or 1011")
                }
                self.code = code
            case "after":
                guard let after = json.intValue, after >= 0 else { throw wrong(member, "a number") }
                self.after = after
            case "route":
                guard let route = json.stringValue else { throw wrong(member, "a text") }
                self.route = route
            case "method":
                guard let method = json.stringValue else { throw wrong(member, "a text") }
                self.method = method
            case "times":
                guard let times = json.intValue, times >= 0 else { throw wrong(member, "a number") }
                self.times = times
            case "probability":
                let probability = json.doubleValue ?? json.intValue.map(Double.init)
                guard let probability, (0...1).contains(probability) else { throw wrong(member, "from 0 to 1") }
                self.probability = probability
            default: throw FaultTextError(description: "the fault '\(name)' has no '\(member)'")
            }
        }
    }

    /// The fault as JSON, in the form in which it is read.
    var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        if kind.values != nil { object["value"] = .int(value) }
        if kind == .closeAfter { object["code"] = .int(code) }
        if after > 0 { object["after"] = .int(after) }
        if !route.isEmpty { object["route"] = .string(route) }
        if let method { object["method"] = .string(method) }
        if let times { object["times"] = .int(times) }
        if probability < 1 { object["probability"] = .double(probability) }
        return .object(object)
    }
}

extension FaultPlan {
    /// Reads a plan from `{"seed":N,"faults":[…]}`.
    init(_ json: JSONValue) throws(FaultTextError) {
        guard let object = json.objectValue, let list = object["faults"]?.arrayValue else {
            throw FaultTextError(description: "a plan of faults is an object with a list of them, faults")
        }
        var faults: [Fault] = []
        for item in list { faults.append(try Fault(item)) }
        let seed = object["seed"]
        guard seed == nil || seed?.intValue != nil else {
            throw FaultTextError(description: "the seed is not a number")
        }
        self.init(faults, seed: UInt64(bitPattern: Int64(seed?.intValue ?? 0)))
    }
}
