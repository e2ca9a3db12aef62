/// Unpredictable texts.
enum RandomText {
    /// Returns the given number of hexadecimal digits.
    static func hexadecimal(count: Int) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<count).map { _ in digits[Int(generator.next(upperBound: UInt(16)))] },
            as: UTF8.self
        )
    }

    /// Returns a random UUID (RFC 9562 §5.4) in lower case.
    static func uuid() -> String {
        var digits = Array(hexadecimal(count: 32).utf8)
        digits[12] = UInt8(ascii: "4")
        digits[16] = UInt8(ascii: "a")
        for index in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: index) }
        return String(decoding: digits, as: UTF8.self)
    }
}
