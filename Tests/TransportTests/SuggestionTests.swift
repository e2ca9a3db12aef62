import BenchmarkTransport
import Testing

@Suite("What may be meant by a word that nobody knows")
struct SuggestionTests {
    private static let usage = """
        usage: service [options]
          --port PORT      the port (default 8001), as --host is the address
          --log-level debug|info
                           what the log leaves out
          --ws-ping-interval SECONDS
        """

    @Test(
        "is the option that is close to it, and nothing where none is",
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
