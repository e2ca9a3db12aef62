/// Words of protocols, where only A to Z have two cases.
enum ASCIIText {
    /// Whether a text is a word in lower case, without regard to the text's case.
    static func matches(_ text: some Sequence<UInt8>, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            text.elementsEqual(word) { byte, expected in
                ((0x41...0x5a).contains(byte) ? byte | 0x20 : byte) == expected
            }
        }
    }
}
