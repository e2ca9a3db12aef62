import Foundation

/// A certificate authority in a folder, made with the `openssl` command.
///
/// Its own certificate is `ca.pem`.
package struct TestAuthority {
    private let folder: String

    /// The PEM file with the authority's certificate.
    package var file: String { "\(folder)/ca.pem" }

    /// Creates an authority whose files are in a folder.
    package init(in folder: String) async throws {
        self.folder = folder
        try await run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=authority",
            "-keyout", "\(folder)/ca.key", "-out", file, "-days", "2",
        ])
    }

    /// A certificate and its key, both as PEM files.
    package struct Pair {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - name: The name of the files, and the subject's common name.
    ///   - alternatives: The subject's alternative names, such as `DNS:localhost,IP:127.0.0.1`; `nil` for none.
    ///   - days: How long the certificate is valid, or if negative, how long ago it expired.
    package func issue(_ name: String, for alternatives: String?, days: Int = 2) async throws -> Pair {
        let (request, pair) = (
            "\(folder)/\(name).csr", Pair(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        )
        try await run(
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
                "-keyout", pair.key, "-out", request,
            ] + (alternatives.map { ["-addext", "subjectAltName=\($0)"] } ?? [])
        )
        try await run([
            "x509", "-req", "-in", request, "-CA", file, "-CAkey", "\(folder)/ca.key", "-CAcreateserial", "-days",
            "\(days)", "-copy_extensions", "copy", "-out", pair.certificate,
        ])
        return pair
    }

    /// Issues a certificate that expires so many seconds from now, and returns its expiry in seconds since 1970.
    package func issue(_ name: String, expiringAfter seconds: Double) async throws -> (Pair, expiry: Double) {
        let pair = Pair(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        let request = "\(folder)/\(name).csr"
        try await run([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", pair.key, "-out", request,
        ])
        // Only `openssl ca` accepts a time of day, and it needs a database.
        let configuration = "\(folder)/\(name).cnf"
        let text = """
            [ca]
            default_ca=a
            [a]
            database=\(folder)/\(name).index
            rand_serial=yes
            policy=p
            [p]
            commonName=supplied

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
        try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name).index"))
        let expiry = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + seconds).rounded(.up))
        let format = DateFormatter()
        (format.dateFormat, format.timeZone) = ("yyyyMMddHHmmss'Z'", TimeZone(secondsFromGMT: 0))
        format.locale = Locale(identifier: "en_US_POSIX")
        try await run([
            "ca", "-batch", "-notext", "-config", configuration, "-md", "sha256", "-cert", file, "-keyfile",
            "\(folder)/ca.key", "-outdir", folder, "-enddate", format.string(from: expiry), "-in", request, "-out",
            pair.certificate,
        ])
        return (pair, expiry.timeIntervalSince1970)
    }

    /// Writes a copy of a key that is protected by a passphrase, and returns its file.
    package func protect(_ key: String) async throws -> String {
        let file = "\(key).protected"
        try await run(["ec", "-in", key, "-out", file, "-aes128", "-passout", "pass:secret"])
        return file
    }

    private func run(_ arguments: [String]) async throws {
        let result = try await Program(path: "/usr/bin/env", arguments: ["openssl"] + arguments).run()
        if result.exitCode != 0 { throw Failure(message: "openssl \(arguments): \(result.errorOutput)") }
    }

    struct Failure: Error { let message: String }
}
