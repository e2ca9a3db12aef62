"""A client's WebSocket frames (RFC 6455), in a plain implementation that is independent of the one under test."""

import base64
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def handshake(path, extensions=None, fields=()):
    lines = [
        "GET %s HTTP/1.1" % path,
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
    ]
    if extensions:
        lines.append("Sec-WebSocket-Extensions: " + extensions)
    lines += ["%s: %s" % field for field in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(opcode, payload, final=True, compressed=False):
    first = (0x80 if final else 0) | (0x40 if compressed else 0) | opcode
    count = len(payload)
    if count < 126:
        head = struct.pack("!BB", first, 0x80 | count)
    elif count < 65536:
        head = struct.pack("!BBH", first, 0xFE, count)
    else:
        head = struct.pack("!BBQ", first, 0xFF, count)
    key = os.urandom(4)
    mask = (key * (count // 4 + 1))[:count]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(count, "big")
    return head + key + masked


def parse(data, start=0):
    """The frame at an offset: (opcode, payload, final, compressed, end); None if it is incomplete."""
    if len(data) - start < 2:
        return None
    first, count, at = data[start], data[start + 1], start + 2
    if count == 126:
        if len(data) - at < 2:
            return None
        count, at = struct.unpack_from("!H", data, at)[0], at + 2
    elif count == 127:
        if len(data) - at < 8:
            return None
        count, at = struct.unpack_from("!Q", data, at)[0], at + 8
    if len(data) - at < count:
        return None
    return first & 0x0F, bytes(data[at : at + count]), bool(first & 0x80), bool(first & 0x40), at + count
