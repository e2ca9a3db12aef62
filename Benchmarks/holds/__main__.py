"""Shows that a server holds up: see `python3 -m holds --help`."""

import argparse
import tempfile
import time

from . import idle, sandboxes, server, slow_reader, soak


def main():
    parser = argparse.ArgumentParser(prog="python3 -m holds", description="Shows that a server holds.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("idle", help="what an idle connection costs, and whether it is still served")
    one.add_argument("--connections", type=int, default=10_000)
    one.add_argument("--web-sockets", type=int, default=2_000)
    one.add_argument("--seconds", type=float, default=30)
    one.add_argument("--tls", action="store_true")
    one = commands.add_parser("slow-reader", help="a slow reader is offered more than the server may hold")
    one.add_argument("--bytes", type=int, default=2**30)
    one.add_argument("--most-growth", type=int, default=8 * 2**20, help="of the server's memory, in bytes")
    one = commands.add_parser("soak", help="mixed traffic for a long time")
    one.add_argument("--minutes", type=float, default=30)
    one.add_argument("--seed", type=int, default=int(time.time()))
    one.add_argument("--tls", action="store_true")
    one = commands.add_parser("commands", help="many commands in a sandbox at a time, through one service")
    one.add_argument("--count", type=int, default=200)
    one.add_argument("--lines", type=int, default=2_000)
    one.add_argument("--rounds", type=int, default=5)
    one = commands.add_parser("transfer", help="a file larger than memory should be, to a sandbox and back")
    one.add_argument("--bytes", type=int, default=2**30)
    one.add_argument("--most-memory", type=int, default=64 * 2**20, help="of each program, in bytes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(0 if run(arguments, folder) else 1)


def run(arguments, folder):
    if arguments.command == "commands":
        return sandboxes.commands(arguments.count, arguments.lines, arguments.rounds)
    if arguments.command == "transfer":
        return sandboxes.transfer(arguments.bytes, arguments.most_memory)
    certificate, key = server.certificate(folder)
    tls = ["--tls-cert", certificate, "--tls-key", key]
    if arguments.command == "slow-reader":
        product = server.build("stream-server", "Benchmarks")
        passed = True
        for secure in (False, True):
            target = server.Server([product] + (tls if secure else []))
            for web_socket in (False, True):
                passed &= slow_reader.run(target, arguments.bytes, secure, web_socket, arguments.most_growth)
            target.stop()
        return passed
    command = [server.build("ws-echo"), "--port", "0"] + (tls if arguments.tls else [])
    target = server.Server(command)
    if arguments.command == "soak":
        print("seed %d" % arguments.seed)
        passed = soak.run(target, arguments.minutes * 60, arguments.seed, arguments.tls)
    else:
        secure = arguments.tls
        if secure:
            idle.use_tls()
        passed = idle.keep_alive(target, arguments.connections, arguments.seconds)
        # A fresh server: memory that the first one returned to its allocator would be reused for the next connections.
        passed &= target.stop() == 0
        target = server.Server(command)
        passed &= idle.web_sockets(target, arguments.web_sockets, arguments.seconds)
    status = target.stop()
    print("passed" if passed and status == 0 else "FAILED (exit status %s)" % status)
    return passed and status == 0


main()
