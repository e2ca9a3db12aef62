/// Names that a benchmark cannot have.
///
/// A project's own modules carry a suffix, so most of these would do no harm. The names of Python's modules are refused
/// because the original generator refuses them, and a name should work with both; `swift` is refused because its
/// project would have the identity of the toolkit's own package.
enum ReservedNames {
    /// Returns what a name conflicts with, in words; `nil` if it is free.
    ///
    /// - Parameter name: the name in lower case, its words joined by hyphens.
    static func conflict(of name: String) -> String? {
        let identifier = String(name.map { $0 == "-" ? "_" : $0 })
        if pythonModules.contains(identifier) { return "Python standard library module '\(identifier)'" }
        if let module = swiftModules.first(where: { $0.lowercased() == identifier }) {
            return "the Swift module '\(module)'"
        }
        if swiftKeywords.contains(identifier) { return "the Swift keyword '\(identifier)'" }
        return nil
    }

    /// The modules that a project is linked with or built by.
    private static let swiftModules = [
        "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Testing", "XCTest", "PackageDescription",
        "BenchmarkFramework", "BenchmarkProtocol", "BenchmarkSandbox", "BenchmarkServiceTesting", "BenchmarkTransport",
        "CLinux", "COpenSSL",
        "CZlib",
    ]

    private static let swiftKeywords = words(
        """
        any as associatedtype async await break case catch class continue default defer deinit do else enum
        extension fallthrough false fileprivate for func guard if import in init inout internal is let nil
        open operator package precedencegroup private protocol public repeat rethrows return self static
        struct subscript super switch throw throws true try typealias var where while
        """
    )

    /// The top-level modules of Python 3.12, except those with capitals or a leading underscore, which no name can
    /// match.
    private static let pythonModules = words(
        """
        abc aifc antigravity argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins
        bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall
        concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses
        datetime dbm decimal difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl
        filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob
        graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr importlib inspect io ipaddress
        itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes
        mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers
        opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform
        plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data
        pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select
        selectors shelve shlex shutil signal site smtplib sndhdr socket socketserver spwd sqlite3
        sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau
        symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading
        time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types
        typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound
        wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
        """
    )

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
