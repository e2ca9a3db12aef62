/// Finds what may have been meant by an unknown word.
package enum Suggestion {
    /// Returns the candidate that a text is closest to, if at most one letter in three is wrong, missing, extra or
    /// transposed.
    package static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(text.lowercased().unicodeScalars)
        guard letters.count <= 64 else { return nil }
        let ranked = candidates.map { (distance(letters, Array($0.unicodeScalars)), $0) }
        guard let best = ranked.min(by: { $0 < $1 }), best.0 <= max(1, letters.count / 3) else { return nil }
        return best.1
    }

    /// Returns the options that a usage text names, such as `--port`.
    package static func options(in usage: String) -> [String] {
        usage.split { !($0 == "-" || $0.isLetter || $0.isNumber) }.filter { $0.hasPrefix("--") }.map(String.init)
    }

    /// Returns the number of edits between two words, with a transposition of two letters as one (Damerau).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, letter) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var steps = min(rows[i][j] + (letter == other ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                    steps = min(steps, rows[i - 1][j - 1] + 1)
                }
                row.append(steps)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
