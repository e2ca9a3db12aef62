import BenchmarkTransport

/// What the command line of `http-get` asks for.
enum Options {
    case get(HTTPClientRequest, HTTPClientConfiguration, showsHead: Bool)
    case help

    static let usage = """
        usage: http-get URL [options]
        Fetches a URL and writes the body of the response to standard output. Exits with 0 for a status below 400, 1 for
        any other or no response, and 2 for a mistake on the command line.

          --ca FILE        the authorities to trust, PEM, instead of the system's
          --cert FILE      the client certificate with its chain, PEM
          --key FILE       its private key, PEM
          --head           send HEAD instead of GET
          --include        write the head of the response before its body
          --header 'NAME: V'
                           a header field of the request; may be repeated
          --timeout SECONDS
                           how long the server may stay silent (default 60)
          --help           this text

        """

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var (target, method, showsHead) = (String?.none, HTTPMethod.get, false)
        var fields = HTTPFields()
        var client = HTTPClientConfiguration()
        var reader = OptionReader(arguments)
        while let argument = try reader.next() {
            switch argument {
            case "--help", "-h":
                self = .help
                return
            case "--ca": client.tls.authorityFile = try reader.value()
            case "--cert": client.tls.certificateFile = try reader.value()
            case "--key": client.tls.privateKeyFile = try reader.value()
            case "--head": method = .head
            case "--include": showsHead = true
            case "--header": try Self.add(try reader.value(), to: &fields)
            case "--timeout": client.readTimeout = try reader.seconds()
            default:
                if argument.hasPrefix("-") || target != nil { throw OptionReader.unknown(argument, usage: Self.usage) }
                target = argument
            }
        }
        guard let target else { throw UsageError(message: "URL is missing") }
        do {
            self = .get(HTTPClientRequest(method, try HTTPURL(target), fields: fields), client, showsHead: showsHead)
        } catch { throw UsageError(message: error.message) }
    }

    private static func add(_ text: String, to fields: inout HTTPFields) throws(UsageError) {
        guard let colon = text.firstIndex(of: ":"), let name = HTTPField.Name(String(text[..<colon])) else {
            throw UsageError(message: "--header is 'NAME: VALUE', not '\(text)'")
        }
        fields.append(name, String(text[text.index(after: colon)...].drop { $0 == " " }))
    }
}
