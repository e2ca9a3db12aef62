/// Words of protocols, in which only A to Z have two cases.
enum ASCIIText {
    /// Returns whether a text is a given lower-case word, ignoring the case of the text.
    static func matches(_ text: some Sequence<UInt8>, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            text.elementsEqual(word) { byte, expected in
                ((0x41...0x5a).contains(byte) ? byte | 0x20 : byte) == expected
            }
        }
    }
}
