"""A reader that reads nothing for a while, and is sent more than the server may hold."""

import socket
import ssl
import time
import zlib

from . import frames

BLOCK = bytes((index * 31 + (index >> 8)) & 0xFF for index in range(65536))


def connected(port, secure):
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    plain.settimeout(60)
    plain.connect(("127.0.0.1", port))
    if not secure:
        return plain
    context = ssl.create_default_context()
    # The identity of the server does not matter here.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname="localhost")


def run(server, count, secure, web_socket, most_growth):
    """Whether everything arrives, and the server's memory does not grow."""
    name = ("WebSocket" if web_socket else "body") + (" over TLS" if secure else "")
    # Memory for the first use of everything does not count as growth.
    fetch(connected(server.port, secure), 2**20, web_socket, lambda: None)
    before = highest = server.resident()
    connection = connected(server.port, secure)
    pause = time.monotonic() + 3

    def look():
        nonlocal highest
        highest = max(highest, server.resident())

    def paused():
        while time.monotonic() < pause:
            look()
            time.sleep(0.05)

    received, checksum = fetch(connection, count, web_socket, look, paused)
    expected = 0
    for _ in range(count // len(BLOCK)):
        expected = zlib.crc32(BLOCK, expected)
    whole = received == count and checksum == zlib.crc32(BLOCK[: count % len(BLOCK)], expected)
    growth = highest - before
    print("%s: %d of %d bytes arrived, %s; memory grew by at most %.1f MiB" % (
        name, received, count, "as they were sent" if whole else "BUT NOT AS THEY WERE SENT", growth / 2**20))
    return whole and growth <= most_growth


def fetch(connection, count, web_socket, look, paused=lambda: None):
    """Requests bytes, pauses, then reads all of them; returns how many arrived, and their checksum."""
    path = "/%s/%d" % ("ws" if web_socket else "stream", count)
    request = frames.handshake(path) if web_socket else ("GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path).encode()
    connection.sendall(request)
    paused()
    data = bytearray()
    while b"\r\n\r\n" not in data:
        data += connection.recv(4096)
    del data[: data.index(b"\r\n\r\n") + 4]
    received = checksum = looks = 0
    while received < count:
        if web_socket:
            at = 0
            while (found := frames.parse(data, at)) is not None:
                opcode, payload, _, _, at = found
                if opcode == frames.BINARY:
                    received += len(payload)
                    checksum = zlib.crc32(payload, checksum)
            del data[:at]
        else:
            received += len(data)
            checksum = zlib.crc32(data, checksum)
            data.clear()
        if received >= count:
            break
        piece = connection.recv(1 << 20)
        if not piece:
            break
        data += piece
        looks += 1
        if looks % 64 == 0:
            look()
    connection.close()
    return received, checksum
