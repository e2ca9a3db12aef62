import BenchmarkTransport
import FuzzSupport

@testable import BenchmarkFramework

/// The client that proxies name in `x-forwarded-for`: entries before the last untrusted one, which anybody may have
/// written, do not count.
///
/// Each line is a field.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    var fields = HTTPFields()
    while case let line = input.line(), !line.isEmpty { fields.append(name, String(decoding: line, as: UTF8.self)) }

    checkEqual(trusted.client(fields, from: stranger), stranger, "a stranger is believed")
    let client = trusted.client(fields, from: proxy)
    if !fields.contains(name) { checkEqual(client, proxy) }
    // A service that trusts everybody reads up to the first entry, and so at least as far.
    if client == proxy { checkEqual(everybody.client(fields, from: proxy), proxy) }

    for spelling in ["203.0.113.9", "203.0.113.9:80", "[203.0.113.9]:80", " ,203.0.113.9, "] {
        checkEqual(trusted.client(appending(spelling), from: proxy), stranger, "after a stranger's own word")
    }
    checkEqual(trusted.client(appending("no address"), from: proxy), proxy, "after what is not an address")
    // A second proxy before the first changes only which address is taken if no other is named.
    checkEqual(trusted.client(appending("10.9.8.7"), from: proxy), trusted.client(fields, from: second))

    func appending(_ value: String) -> HTTPFields {
        var longer = fields
        longer.append(name, value)
        return longer
    }
    return 0
}

private let name = HTTPField.Name("x-forwarded-for") ?? .te
private let (trusted, everybody) = (proxies("10.0.0.0/8", "localhost", "fd00::/8"), proxies("*"))
private let (proxy, second, stranger) = (address("10.1.2.3"), address("10.9.8.7"), address("203.0.113.9"))

private func proxies(_ entries: String...) -> TrustedProxies {
    do { return try TrustedProxies(entries) } catch { fatalError("\(error)") }
}

private func address(_ text: String) -> SocketAddress {
    SocketAddress(literal: text, port: 0) ?? { fatalError(text) }()
}
