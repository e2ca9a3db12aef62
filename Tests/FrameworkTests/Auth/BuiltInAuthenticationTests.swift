import BenchmarkTransport
import Testing

@testable import BenchmarkFramework

@Suite("The authentication that services have by default")
struct BuiltInAuthenticationTests {
    @Test(
        "AUTH_REQUIRED is set by four words, in upper or lower case, and by no other",
        arguments: [
            ("1", true), ("true", true), ("TRUE", true), ("yes", true), ("On", true), ("", false), ("0", false),
            (" true", false), ("y", false), ("false", false),
        ]
    )
    func required(_ word: String, _ isRequired: Bool) async {
        let environment = ["AUTH_REQUIRED": word, "BENCHMARK_API_KEY": "secret"]
        let authentication = BuiltInAuthentication(environment: environment)
        // The static key does not count when Descope decides.
        #expect(await authentication.allows([(.authorization, "Bearer secret")]) == !isRequired)
        #expect((authentication.problem != nil) == isRequired)
        #expect(!authentication.isOpen)
    }

    @Test("without a key every caller is accepted")
    func open() async {
        for environment in [[:], ["BENCHMARK_API_KEY": ""], ["AUTH_REQUIRED": "no"]] {
            let authentication = BuiltInAuthentication(environment: environment)
            #expect(authentication.isOpen)
            #expect(await authentication.allows([]))
        }
    }

    @Test(
        "a static key is matched byte for byte",
        arguments: [
            ("Bearer sécret", true), ("bearer sécret", false), ("Bearer  sécret", false),
            ("Bearer se\u{301}cret", false),
            ("Bearer sécre", false), ("sécret", false), ("", false),
        ]
    )
    func key(_ given: String, _ isAllowed: Bool) async {
        let authentication = BuiltInAuthentication(apiKey: "sécret")
        #expect(await authentication.allows([(.authorization, given)]) == isAllowed)
        #expect(await !authentication.allows([]))
    }

    @Test(
        "Descope's address is taken from the environment, or else from the project's region",
        arguments: [
            (["DESCOPE_PROJECT_ID": "P1"], "https://api.descope.com"),
            (["DESCOPE_PROJECT_ID": "Peuc1" + String(repeating: "x", count: 27)], "https://api.euc1.descope.com"),
            (["DESCOPE_PROJECT_ID": "Peuc1" + String(repeating: "x", count: 26)], "https://api.descope.com"),
            (["DESCOPE_BASE_URI": "http://127.0.0.1:1//"], "http://127.0.0.1:1"), ([:], "https://api.descope.com"),
            (["DESCOPE_BASE_URI": ""], "https://api.descope.com"),
        ]
    )
    func base(_ environment: [String: String], _ url: String) {
        #expect(DescopeSettings(environment: environment).baseURL == url)
    }

    @Test(
        "an accepted key is remembered for as many seconds as the environment says, but for at least one",
        arguments: [("60", 60), ("0", 1), ("-5", 1), ("soon", 300), ("", 300), ("99999999999999999999", 300)]
    )
    func memory(_ text: String, _ seconds: Int) {
        let settings = DescopeSettings(environment: ["DESCOPE_AUTH_CACHE_TTL_SECONDS": text])
        #expect(settings.cacheTTL == .seconds(seconds))
    }

    @Test(
        "an address that would receive access keys in clear text is warned about, unless it is on this machine",
        arguments: [
            ("http://auth.example.com", true), ("https://auth.example.com", false), ("http://127.0.0.1:1", false),
            ("http://localhost:1", false), ("http://[::1]:1", false), ("http://192.0.2.1", true),
        ]
    )
    func clearText(_ url: String, _ isWarnedOf: Bool) {
        let environment = ["AUTH_REQUIRED": "1", "DESCOPE_PROJECT_ID": "P1", "DESCOPE_BASE_URI": url]
        let problem = BuiltInAuthentication(environment: environment).problem
        #expect((problem?.contains("'\(url)'") ?? false) == isWarnedOf)
    }

    @Test("an unusable setting makes the start fail with an error that names it")
    func refusedSettings() {
        var environment = ["AUTH_REQUIRED": "1", "DESCOPE_PROJECT_ID": "P1", "DESCOPE_BASE_URI": "nowhere"]
        let wrongURL = #expect(throws: ServiceError.self) {
            try BuiltInAuthentication(environment: environment).started(log: ServiceLog())
        }
        #expect(wrongURL?.message.contains("'nowhere'") == true)
        environment["DESCOPE_BASE_URI"] = nil
        environment["DESCOPE_PUBLIC_KEY"] = #"{"kty":"RSA"}"#
        let wrongKey = #expect(throws: ServiceError.self) {
            try BuiltInAuthentication(environment: environment).started(log: ServiceLog())
        }
        #expect(wrongKey?.message.contains("DESCOPE_PUBLIC_KEY") == true)
    }
}
