import Testing

@testable import scaffold

@Suite("The generator's command line")
struct ScaffoldArgumentsTests {
    @Test(
        "valid arguments are parsed",
        arguments: [
            (["demo"], ScaffoldArguments(name: "demo")),
            ([""], ScaffoldArguments(name: "")),
            (["--", "-x"], ScaffoldArguments(name: "-x")),
            (["demo", "--framework-path", "/a"], ScaffoldArguments(name: "demo", frameworkPath: "/a")),
            (["--framework-path=../a=b", "demo"], ScaffoldArguments(name: "demo", frameworkPath: "../a=b")),
            (
                ["--framework-url", "https://h/x.git", "d"],
                ScaffoldArguments(name: "d", frameworkURL: "https://h/x.git")
            ),
        ]
    )
    func understood(_ arguments: [String], _ expected: ScaffoldArguments) throws {
        #expect(try ScaffoldArguments.parse(arguments) == expected)
    }

    @Test("help may be requested anywhere", arguments: [["--help"], ["-h"], ["a", "b", "--help"]])
    func help(_ arguments: [String]) throws {
        #expect(try ScaffoldArguments.parse(arguments) == nil)
    }

    @Test(
        "invalid arguments are refused with a message that names the mistake",
        arguments: [
            ([], "missing argument: NAME"),
            (["a", "b"], "got an unexpected extra argument: b"),
            (["-x"], "no such option: -x"),
            (["--template=x", "a"], "no such option: --template"),
            (["a", "--framework-path"], "--framework-path needs a value"),
            (["a", "--framework-url="], "--framework-url needs a value"),
            (
                ["a", "--framework-url=u", "--framework-path=p"],
                "--framework-path and --framework-url exclude each other"
            ),
        ] as [([String], String)]
    )
    func refused(_ arguments: [String], _ message: String) {
        #expect(throws: ScaffoldError(.usage, message)) { try ScaffoldArguments.parse(arguments) }
    }
}
