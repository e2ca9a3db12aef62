internal import CLinux
import Glibc

/// The date format of HTTP fields, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970-01-01 was a Thursday
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Formats a time given in seconds since 1970; negative times count as 0.
    package static func format(secondsSince1970: Int64) -> String {
        let seconds = max(0, secondsSince1970)
        let day = seconds / 86_400
        let (year, month, dayOfMonth) = civil(daysSince1970: day)
        let ofDay = seconds % 86_400
        let time = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { padded($0) }.joined(separator: ":")
        return "\(days[Int(day % 7)]), \(padded(dayOfMonth)) \(months[Int(month - 1)]) \(year) \(time) GMT"
    }

    /// Returns the seconds since 1970 of a date in any of the three formats that a recipient must accept, else `nil`.
    package static func parse(_ text: String) -> Int64? {
        for format in ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
            var parts = tm()
            if clinux_parse_date(text, format, &parts) == text.utf8.count { return Int64(timegm(&parts)) }
        }
        return nil
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Returns year, month and day in the Gregorian calendar.
    ///
    /// Counts in years that start in March, so that a leap day is the last of its year, and in eras of 400 years, which
    /// all have 146,097 days.
    private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSince1970 + 719_468  // days from 0000-03-01 to 1970-01-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }
}
