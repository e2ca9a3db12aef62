internal import CLinux
import Glibc

/// A failed system call: which one, and why.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The `errno` value.
    public let errorNumber: Int32
    /// The call that failed, with the object it was applied to where that helps: `bind 127.0.0.1:8001`.
    public let operation: String

    /// Creates an error with a known number.
    public init(errorNumber: Int32, operation: String) {
        self.errorNumber = errorNumber
        self.operation = operation
    }

    /// Returns the error of the call that has last failed on this thread.
    package static func last(_ operation: @autoclosure () -> String) -> SystemError {
        let number = clinux_errno()
        return SystemError(errorNumber: number, operation: operation())
    }

    /// For example `bind 127.0.0.1:8001: Address already in use`.
    public var description: String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(errorNumber, &text, text.count) == 0 else { return "\(operation): error \(errorNumber)" }
        let end = text.firstIndex(of: 0) ?? text.count
        return "\(operation): \(String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self))"
    }
}
