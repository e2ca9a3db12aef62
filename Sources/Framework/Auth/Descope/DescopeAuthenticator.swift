import BenchmarkProtocol
import BenchmarkTransport
import Foundation

/// Decides about access keys by asking Descope, and remembers those that were accepted.
///
/// Of several concurrent requests with the same key, one asks Descope and the others wait for its answer.
actor DescopeAuthenticator {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The maximum length of an access key; longer ones are refused without asking Descope.
    private static let maxKeyBytes = 4096

    private let settings: DescopeSettings
    private let client: DescopeClient
    private let log: ServiceLog
    private var accepted: ExpiringCache<SecretDigest>
    private var decisions: [SecretDigest: Task<Bool, Never>] = [:]
    private var keys: [String: JSONWebKey] = [:]
    private var fetch: SharedTask<Void>?

    /// - Throws: ``HTTPClientError`` if the base URL is invalid, ``DescopeFailure`` if the given public key is.
    init(_ settings: DescopeSettings, log: ServiceLog) throws {
        (self.settings, self.log) = (settings, log)
        loop = EventLoopGroup.shared.next()
        client = try DescopeClient(settings, on: loop)
        accepted = ExpiringCache(maxCount: settings.maxCachedKeys)
        guard let text = settings.publicKey else { return }
        guard let key = (try? JSONValue(parsing: Array(text.utf8))).flatMap({ JSONWebKey($0) }) else {
            throw DescopeFailure("DESCOPE_PUBLIC_KEY is not a public signature key in JWK form, with kid and alg")
        }
        keys[key.id] = key
    }

    /// Returns whether an access key belongs to exactly one tenant of the project.
    ///
    /// Cancelling the caller does not end the exchange, because others may be waiting for it.
    func allows(_ accessKey: [UInt8]) async -> Bool {
        guard (1...Self.maxKeyBytes).contains(accessKey.count), accessKey.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return false }
        let digest = SecretDigest(of: accessKey)
        if accepted.contains(digest, now: loop.now) { return true }
        if let decision = decisions[digest] { return await decision.value }
        let decision = loop.startTask { await self.decide(String(decoding: accessKey, as: UTF8.self)) }
        decisions[digest] = decision
        let isAllowed = await decision.value
        decisions[digest] = nil
        if isAllowed { accepted.insert(digest, until: loop.now + settings.cacheTTL.nanoseconds, now: loop.now) }
        return isAllowed
    }

    private func decide(_ accessKey: String) async -> Bool {
        do {
            let late = DescopeFailure("Descope took longer than \(settings.timeout)")
            return try await loop.withDeadline(settings.timeout, timeout: late) {
                try await self.exchange(accessKey)
                return true
            }
        } catch {
            log.write(.warning, "an access key was refused: \(error)")
            return false
        }
    }

    /// - Throws: the reason why the access key is refused.
    private func exchange(_ accessKey: String) async throws {
        let token = try JSONWebToken(try await client.token(for: accessKey))
        let key = try await key(token.keyID)
        let now = Date().timeIntervalSince1970
        let claims = try token.verified(by: key, audience: settings.projectID, now: now)
        let tenants = claims["tenants"]?.objectValue?.count ?? 0
        guard tenants == 1 else { throw TokenRefusal.tenants(tenants) }
    }

    /// Returns the project's key with an id, fetching the project's keys if it is not known yet.
    private func key(_ id: String) async throws -> JSONWebKey {
        // A fetch that is already under way may predate the key; one that starts after it does not.
        for _ in 0..<(fetch == nil ? 1 : 2) {
            if let key = keys[id] { return key }
            let fetch = fetch ?? SharedTask(on: loop) { try await self.fetchKeys() }
            self.fetch = fetch
            try await fetch.valueUnlessCancelled()
        }
        guard let key = keys[id] else { throw TokenRefusal.unknownKey }
        return key
    }

    private func fetchKeys() async throws {
        defer { fetch = nil }
        keys = Dictionary(try await client.publicKeys().map { ($0.id, $0) }) { _, last in last }
    }
}
