import BenchmarkTransport
import Testing

@Suite("Suggestions for an unknown option")
struct SuggestionTests {
    private static let usage = """
        usage: service [options]
          --port PORT      the port (default 8001), as --host is the address
          --log-level debug|info
                           what the log leaves out
          --ws-ping-interval SECONDS
        """

    @Test(
        "the suggestion is the option closest to the word, or none if no option is close",
        arguments: [
            ("--prot", "--port"), ("--Port", "--port"), ("--hots", "--host"), ("--loglevel", "--log-level"),
            ("--log_level", "--log-level"), ("--ping-interval", "--ws-ping-interval"), ("--verbose", nil),
            ("8001", nil),
            ("-x", nil), ("", nil), (String(repeating: "-", count: 10_000), nil),
        ] as [(String, String?)]
    )
    func options(_ given: String, _ meant: String?) {
        #expect(Suggestion.nearest(to: given, among: Suggestion.options(in: Self.usage)) == meant)
    }
}
