/// The options that every program with a server has.
package enum ServerOptions {
    /// Returns their part of the usage text.
    package static func usage(host: String = "127.0.0.1", port: Int) -> String {
        """
          --host ADDRESS   the address to listen on, or unix:PATH (default \(host))
          --port PORT      the port to listen on, 0 for a free one (default \(port))
          --tls-cert FILE  serve TLS with the certificate and chain in this PEM file; SIGHUP reloads it
          --tls-key FILE   the certificate's private key, PEM
          --tls-client-ca FILE
                           accept only clients with a certificate from these authorities
          --max-connections N
                           the most open connections; further ones wait (default 65536)
          --max-connections-per-address N
                           the most open connections from one address; further ones are closed (default: no limit)
          --drain SECONDS  how long WebSockets may go on after SIGTERM before they are closed with 1012 (default 0)
        """
    }

    /// Reads the option's value into a configuration.
    ///
    /// - Returns: false if it is not one of these options.
    package static func take(
        _ name: String,
        _ reader: inout OptionReader,
        into configuration: inout HTTPServerConfiguration
    ) throws(UsageError) -> Bool {
        switch name {
        case "--host": configuration.host = try reader.value()
        case "--port": configuration.port = UInt16(try reader.number(in: 0...65_535))
        case "--tls-cert": set(\.certificateFile, try reader.value(), in: &configuration)
        case "--tls-key": set(\.privateKeyFile, try reader.value(), in: &configuration)
        case "--tls-client-ca": set(\.clientAuthorityFile, try reader.value(), in: &configuration)
        case "--max-connections": configuration.maxConnections = try reader.number(in: 1...1_000_000)
        case "--max-connections-per-address":
            configuration.maxConnectionsPerAddress = try reader.number(in: 1...1_000_000)
        case "--drain": configuration.webSocketDrain = try reader.seconds()
        default: return false
        }
        return true
    }

    /// Checks the options together, once all have been read.
    package static func check(_ configuration: HTTPServerConfiguration) throws(UsageError) {
        guard let tls = configuration.tls else { return }
        if tls.certificateFile.isEmpty { throw UsageError(message: "TLS needs --tls-cert") }
        if tls.privateKeyFile.isEmpty { throw UsageError(message: "TLS needs --tls-key") }
    }

    private static func set<Value>(
        _ part: WritableKeyPath<TLSServerConfiguration, Value>,
        _ value: Value,
        in configuration: inout HTTPServerConfiguration
    ) {
        var tls = configuration.tls ?? TLSServerConfiguration(certificateFile: "", privateKeyFile: "")
        tls[keyPath: part] = value
        configuration.tls = tls
    }
}
