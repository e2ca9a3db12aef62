"""Many idle connections: what each costs, and whether they are still served."""

import random
import resource
import selectors
import socket
import ssl
import time

from . import frames

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def exchange(connection):
    """Makes one request, and checks its answer."""
    connection.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"healthy\n"):
        piece = connection.recv(4096)
        if not piece:
            raise SystemExit("a connection was closed: %r" % answer)
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise SystemExit("answered otherwise: %r" % answer)


context = None


def use_tls():
    """Makes all further connections over TLS."""
    global context
    context = ssl.create_default_context()
    # The identity of the server does not matter here.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def connect(port):
    try:
        plain = socket.create_connection(("127.0.0.1", port), timeout=30)
        return context.wrap_socket(plain, server_hostname="localhost") if context else plain
    except OSError as error:
        raise SystemExit("no further connection can be made from this machine: %s" % error)


def raise_descriptor_limit(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if count + 100 > hard:
        raise SystemExit("%d connections are more than the %d descriptors of a process" % (count, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def report(name, server, count, memory, seconds, cpu):
    grown = server.resident() - memory
    print("%s: %d idle, %d bytes each (%.1f MiB in all), %.0f ms of processor time in %.0f s, %d descriptors" % (
        name, count, grown // count, grown / 2**20, cpu * 1000, seconds, server.descriptors()))


def keep_alive(server, count, seconds):
    raise_descriptor_limit(count)
    warm = connect(server.port)
    exchange(warm)
    before, memory = server.descriptors(), server.resident()
    connections = []
    for _ in range(count):
        connections.append(connect(server.port))
        exchange(connections[-1])
    start = server.cpu()
    time.sleep(seconds)
    report("keep-alive", server, count, memory, seconds, server.cpu() - start)
    for connection in random.sample(connections, min(count, 200)):
        exchange(connection)
    for connection in connections:
        connection.close()
    return server.wait_for_descriptors(before, 30)


def web_sockets(server, count, seconds):
    raise_descriptor_limit(count)
    before, memory = server.descriptors(), server.resident()
    selector = selectors.DefaultSelector()
    connections = []
    for _ in range(count):
        connection = connect(server.port)
        connection.sendall(frames.handshake("/ws"))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += connection.recv(4096)
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise SystemExit("the handshake was refused: %r" % answer)
        connections.append(connection)
        selector.register(connection, selectors.EVENT_READ)
    start, pings, end = server.cpu(), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(timeout=0.2):
            found = frames.parse(key.fileobj.recv(4096))
            if found is None or found[0] != frames.PING:
                raise SystemExit("something else than a Ping: %r" % (found,))
            pings += 1
            key.fileobj.sendall(frames.frame(frames.PONG, found[1]))
    report("WebSocket", server, count, memory, seconds, server.cpu() - start)
    print("WebSocket: %d Pings answered" % pings)
    for connection in random.sample(connections, min(count, 200)):
        connection.sendall(frames.frame(frames.BINARY, b"still there?"))
        answer = frames.parse(connection.recv(4096))
        if answer is None or answer[1] != b"still there?":
            raise SystemExit("a WebSocket does not echo any more: %r" % (answer,))
    for connection in connections:
        connection.close()
    return server.wait_for_descriptors(before, 30)
