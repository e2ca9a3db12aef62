import BenchmarkProtocol
import Testing

@testable import BenchmarkSandbox

@Suite("Faults as text and as JSON")
struct FaultPlanTests {
    @Test(
        "a fault is parsed the same from text and from JSON",
        arguments: [
            ("reset", #"{"kind":"reset"}"#),
            ("close-after=100,code=0,times=2", #"{"kind":"close-after","value":100,"code":0,"times":2}"#),
            (
                "status=503,route=process/session,method=DELETE,probability=0.25",
                #"{"kind":"status","value":503,"route":"process/session","method":"DELETE","probability":0.25}"#
            ),
            ("stall=5,after=100", #"{"kind":"stall","value":5,"after":100}"#),
            ("split=1,probability=0", #"{"kind":"split","value":1,"probability":0}"#),
        ]
    )
    func agree(_ text: String, _ json: String) throws {
        let fault = try Fault(parsing: text)
        #expect(try Fault(JSONValue(parsing: Array(json.utf8))) == fault)
        #expect(try Fault(fault.json) == fault)
    }

    @Test(
        "an invalid fault is refused with a message that names the mistake",
        arguments: [
            ("", "''"), ("nonsense", "'nonsense'"), ("split", "'split'"), ("split=0", "1 to 1024"),
            ("split=x", "1 to 1024"), ("status=200", "400 to 599"), ("close-after=1,code=7", "code"),
            ("reset,times", "'times'"), ("reset,times=-1", "times"), ("reset,probability=1.5", "probability"),
            ("reset,when=now", "'when'"), ("reset,kind=status,value=500", "'kind' twice"),
            ("split=1,value=2", "'value' twice"), ("reset,times=1,times=2", "'times' twice"),
            ("stall=1,after=-1", "after"),
            ("stall=99999999999999999999", "stall"),
        ]
    )
    func refused(_ text: String, _ culprit: String) {
        let error = #expect(throws: FaultTextError.self) { try Fault(parsing: text) }
        #expect(error?.description.contains(culprit) == true)
    }

    @Test("the first fault that applies strikes, as often as it may, and the same way for the same seed")
    func turns() {
        func struck(_ seed: UInt64) -> [Int?] {
            var (twice, sometimes, elsewhere) = (Fault(.status, 500), Fault(.status, 503), Fault(.status, 429))
            (twice.times, sometimes.probability) = (2, 0.5)
            (elsewhere.route, elsewhere.method) = ("files", "GET")
            let injector = FaultInjector(FaultPlan([elsewhere, twice, sometimes], seed: seed))
            return (0..<40).map { _ in injector.strike(.status, method: "GET", route: "process")?.value }
        }
        #expect(struck(7) == struck(7))
        #expect(struck(7) != struck(8))
        #expect(struck(7).prefix(2) == [500, 500])
        #expect(Set(struck(7).dropFirst(2)) == [503, nil])
    }
}
