"""Mixed traffic for a long time: good clients, whose answers are checked, and bad ones, which must leave no trace."""

import asyncio
import collections
import os
import random
import socket
import ssl
import struct
import time
import zlib

from . import frames

PATIENCE = 60


class Connection:
    """One connection of a client."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.buffer = bytearray()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def more(self):
        piece = await self.reader.read(65536)
        if not piece:
            raise AssertionError("the server closed the connection")
        self.buffer += piece

    async def take(self, count):
        while len(self.buffer) < count:
            await self.more()
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    async def head(self):
        while b"\r\n\r\n" not in self.buffer:
            await self.more()
        end = self.buffer.index(b"\r\n\r\n") + 4
        return (await self.take(end)).decode("latin-1").lower()

    async def response(self):
        head = await self.head()
        count = int(head.split("content-length: ")[1].split("\r\n")[0])
        return int(head[9:12]), await self.take(count)

    async def message(self, inflater=None):
        """Returns the next message of a WebSocket, reassembled; answers Pings."""
        parts, compressed = [], False
        while True:
            while (found := frames.parse(self.buffer)) is None:
                await self.more()
            opcode, payload, final, flag, end = found
            del self.buffer[:end]
            if opcode == frames.PING:
                await self.send(frames.frame(frames.PONG, payload))
            elif opcode == frames.CLOSE:
                return opcode, payload
            elif opcode != frames.PONG:
                if not parts:
                    kind, compressed = opcode, flag
                parts.append(payload)
                if final:
                    whole = b"".join(parts)
                    if compressed:
                        whole = inflater.decompress(whole + b"\x00\x00\xff\xff")
                    return kind, whole

    def close(self, reset=False):
        if reset:
            plain = self.writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        else:
            self.writer.close()


class Soak:
    def __init__(self, server, seed, secure):
        self.server, self.random, self.secure = server, random.Random(seed), secure
        self.counts = collections.Counter()
        self.failures = collections.Counter()
        self.context = None
        if secure:
            self.context = ssl.create_default_context()
            self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    async def connect(self, plain=False):
        context = None if plain else self.context
        name = "localhost" if context else None
        opened = asyncio.open_connection("127.0.0.1", self.server.port, ssl=context, server_hostname=name)
        return Connection(*await opened)

    def bytes(self, most):
        """Random bytes; half of the results compress well."""
        count = int(most ** self.random.random())
        if self.random.random() < 0.5:
            return (b"line %d of a log\n" % count * (count // 16 + 1))[:count]
        return self.random.randbytes(count)

    # MARK: Good clients

    def post(self, body):
        if self.random.random() < 0.5:
            return b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        out, at = bytearray(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 0
        while at < len(body):
            count = self.random.randint(1, 20000)
            piece = body[at : at + count]
            out += b"%x\r\n%b\r\n" % (len(piece), piece)
            at += count
        return bytes(out + b"0\r\nX-Sum: 1\r\n\r\n")

    async def keep_alive(self):
        client = await self.connect()
        for _ in range(self.random.randint(1, 20)):
            await client.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await client.response() == (200, b"healthy\n")
        client.close()

    async def echo(self):
        client = await self.connect()
        for _ in range(self.random.randint(1, 5)):
            body = self.bytes(500_000)
            await client.send(self.post(body))
            assert await client.response() == (200, body)
        client.close()

    async def pipeline(self):
        client = await self.connect()
        expected, requests = [], b""
        for _ in range(self.random.randint(2, 20)):
            kind = self.random.randrange(3)
            if kind == 0:
                requests += b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
                expected.append((200, b"healthy\n"))
            elif kind == 1:
                requests += b"GET /nope HTTP/1.1\r\nHost: a\r\n\r\n"
                expected.append((404, b"not found\n"))
            else:
                body = self.bytes(3000)
                requests += self.post(body)
                expected.append((200, body))
        await client.send(requests)
        for one in expected:
            assert await client.response() == one
        client.close()

    async def slow_reader(self):
        client = await self.connect()
        body = self.bytes(1_000_000)
        await client.send(self.post(body))
        await asyncio.sleep(self.random.random() * 2)
        assert await client.response() == (200, body)
        client.close()

    async def web_socket(self, leaves=False):
        client = await self.connect()
        deflate = self.random.random() < 0.5
        await client.send(frames.handshake("/ws", "permessage-deflate" if deflate else None))
        head = await client.head()
        assert head.startswith("http/1.1 101 ") and ("permessage-deflate" in head) == deflate
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        inflater = zlib.decompressobj(-15)
        for _ in range(self.random.randint(1, 30)):
            payload = self.bytes(200_000)
            wire = payload
            compressed = deflate and self.random.random() < 0.7
            if compressed:
                wire = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
                wire = wire[:-4]
            cuts = sorted(self.random.randint(0, len(wire)) for _ in range(self.random.randint(0, 4)))
            pieces = [wire[a:b] for a, b in zip([0] + cuts, cuts + [len(wire)])]
            for index, piece in enumerate(pieces):
                opcode = frames.BINARY if index == 0 else 0
                final = index == len(pieces) - 1
                await client.send(frames.frame(opcode, piece, final, compressed and index == 0))
            assert await client.message(inflater) == (frames.BINARY, payload)
        if leaves:
            await client.send(frames.frame(frames.BINARY, b"x" * 5000)[: self.random.randint(1, 4000)])
            return client.close(reset=self.random.random() < 0.5)
        await client.send(frames.frame(frames.CLOSE, b"\x03\xe8"))
        assert await client.message() == (frames.CLOSE, b"\x03\xe8")
        client.close()

    # MARK: Bad clients

    async def leaves_web_socket(self):
        await self.web_socket(leaves=True)

    async def leaves(self):
        client = await self.connect()
        request = self.post(self.bytes(100_000))
        await client.send(request[: self.random.randint(0, len(request))])
        client.close(reset=self.random.random() < 0.5)

    async def malformed(self):
        client = await self.connect()
        await client.send(self.random.choice([
            b"GET / HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01 nonsense\r\n\r\n",
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n",
        ]))
        status, _ = await client.response()
        assert status == 400
        assert await client.reader.read(1) == b""
        client.close()

    async def half_handshake(self):
        client = await self.connect(plain=True)
        await client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(self.random.randint(0, 200)))
        client.close(reset=self.random.random() < 0.5)

    # MARK: The run

    async def worker(self, end):
        kinds = [self.keep_alive, self.echo, self.pipeline, self.slow_reader, self.web_socket, self.leaves_web_socket]
        kinds += [self.leaves, self.malformed] + ([self.half_handshake] if self.secure else [])
        while time.monotonic() < end:
            kind = self.random.choice(kinds)
            try:
                await asyncio.wait_for(kind(), PATIENCE)
                self.counts[kind.__name__] += 1
            except Exception as error:
                self.failures["%s: %s %s" % (kind.__name__, type(error).__name__, error)] += 1

    async def sample(self, start, end, samples):
        while time.monotonic() < end:
            samples.append((time.monotonic() - start, self.server.resident()))
            await asyncio.sleep(5)

    async def run(self, seconds, workers):
        start = time.monotonic()
        end, samples = start + seconds, []
        await asyncio.gather(self.sample(start, end, samples), *(self.worker(end) for _ in range(workers)))
        return samples


def slope(samples):
    """The slope by least squares, in KiB per minute."""
    count = len(samples)
    if count < 2:
        return 0.0
    times, values = [s[0] / 60 for s in samples], [s[1] / 1024 for s in samples]
    middle, mean = sum(times) / count, sum(values) / count
    spread = sum((t - middle) ** 2 for t in times)
    return sum((t - middle) * (v - mean) for t, v in zip(times, values)) / spread


def run(server, seconds, seed, secure, workers=32):
    """Whether every answer was right, and the server is back where it started."""
    tasks = server.tasks()
    # Threads and caches that are created once and kept are not leaks.
    warm = Soak(server, seed + 1, secure)
    asyncio.run(warm.run(min(20, seconds / 4), workers))
    settled = server.wait_for_descriptors(base := lowest_descriptors(server), 100)
    threads = server.threads()
    soak = Soak(server, seed, secure)
    samples = asyncio.run(soak.run(seconds, workers))
    # The descriptors last: asking for the tasks takes a connection.
    back = server.wait_for_tasks(tasks, 100) and settled and server.wait_for_descriptors(base, 100)
    descriptors = server.descriptors()
    total = sum(soak.counts.values())
    print("soak%s: %d exchanges in %.0f min: %s" % (
        " over TLS" if secure else "", total, seconds / 60,
        ", ".join("%s %d" % entry for entry in sorted(soak.counts.items()))))
    for failure, count in soak.failures.most_common(20):
        print("FAILED %d times: %s" % (count, failure))
    print("descriptors %d before, %d after; tasks %d before, %d after; threads %d before, %d after" % (
        base, descriptors, tasks, server.tasks(), threads, server.threads()))
    half = samples[len(samples) // 2 :]
    print("memory %.1f MiB after a quarter, %.1f MiB at the end; slope over the second half %.1f KiB a minute" % (
        samples[len(samples) // 4][1] / 2**20, samples[-1][1] / 2**20, slope(half)))
    return not soak.failures and back and server.threads() <= threads


def lowest_descriptors(server):
    """The number of descriptors that the server has open when no one is connected."""
    lowest, end = server.descriptors(), time.monotonic() + 5
    while time.monotonic() < end:
        lowest = min(lowest, server.descriptors())
        time.sleep(0.1)
    return lowest
