import CLinux
import Glibc

/// A moment in UTC, in the formats that the API writes.
package struct Timestamp: Sendable {
    private let date: String
    private let time: String
    private let nanoseconds: Int

    /// Creates the current moment.
    package init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.init(now)
    }

    /// Creates a moment from the kernel's representation.
    init(_ moment: timespec) {
        var (seconds, parts) = (moment.tv_sec, tm())
        gmtime_r(&seconds, &parts)
        let (year, month) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1)
        date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(Int(parts.tm_mday), 2))"
        time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded(Int($0), 2) }.joined(separator: ":")
        nanoseconds = moment.tv_nsec
    }

    /// As in `2026-06-23T15:20:00.000Z`.
    package var milliseconds: String { "\(date)T\(time).\(Self.padded(nanoseconds / 1_000_000, 3))Z" }

    /// As in `2026-06-23T15:20:00.123456789Z`, without zeros at the end of the fraction.
    var nanosecondsZulu: String { "\(date)T\(time)\(fraction)Z" }

    /// As in `2026-06-23 15:20:00.123456789 +0000 UTC`, without zeros at the end of the fraction.
    var spelledOut: String { "\(date) \(time)\(fraction) +0000 UTC" }

    private var fraction: String {
        var digits = Substring(Self.padded(nanoseconds, 9))
        while digits.last == "0" { digits.removeLast() }
        return digits.isEmpty ? "" : ".\(digits)"
    }

    private static func padded(_ number: Int, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}
