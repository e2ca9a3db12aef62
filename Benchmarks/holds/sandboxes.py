"""A service at work in sandboxes of local-daytona: many commands at a time, and files larger than memory may grow."""

import asyncio
import contextlib
import json
import time
import urllib.request

from . import frames
from .server import Server, build
from .soak import Connection

KEY = "key-of-the-holds"


@contextlib.contextmanager
def running():
    """Runs local-daytona with a sandbox, and the service; the exit statuses of both are not checked."""
    daytona = Server([build("local-daytona"), "--port", "0", "--api-key", KEY])
    service = Server([build("sandbox-service", "Benchmarks"), "--port", "0"])
    api = "http://127.0.0.1:%d/api" % daytona.port
    request = urllib.request.Request(
        api + "/sandbox", b'{"env":{},"labels":{},"volumes":[]}',
        {"authorization": "Bearer " + KEY, "content-type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        sandbox = json.load(answer)["id"]
    fields = [("x-api-key", KEY), ("x-api-url", api), ("x-target", "local")]
    try:
        yield daytona, service, sandbox, fields
    finally:
        for program in (service, daytona):
            program.stop()


async def stream(service, path, fields, task, sandbox):
    """Runs a stream; returns the text of its messages, and its result."""
    client = Connection(*await asyncio.open_connection("127.0.0.1", service.port))
    await client.send(frames.handshake(path, fields=fields))
    head = await client.head()
    assert head.startswith("http/1.1 101 "), head
    request = json.dumps({"task_id": task, "instance_id": sandbox}).encode()
    await client.send(frames.frame(frames.TEXT, request))
    text, result = [], None
    while True:
        opcode, payload = await client.message()
        if opcode == frames.CLOSE:
            break
        chunk = json.loads(payload)
        if chunk["type"] == "message":
            text.append(chunk["data"])
        else:
            result = chunk
    await client.send(frames.frame(frames.CLOSE, payload))
    client.close()
    return "".join(text), result


def whole(text, lines):
    """Whether every line of both streams is there, once and in order."""
    got = text.splitlines()
    for name in ("out", "err"):
        if [line for line in got if line.startswith(name)] != ["%s %d" % (name, index) for index in range(lines)]:
            return False
    return len(got) == 2 * lines


def commands(count, lines, rounds):
    """Whether every line of every command arrives, and the programs are back where they started."""
    with running() as (daytona, service, sandbox, fields):
        async def one_round():
            task = "lines-%d" % lines
            started = [stream(service, "/ws/setup-task", fields, task, sandbox) for _ in range(count)]
            ends = await asyncio.gather(*started)
            return sum(whole(text, lines) and result["data"] == {"status": "ok"} for text, result in ends)

        asyncio.run(one_round())
        programs = [("the service", service), ("local-daytona", daytona)]
        # Threads and connections that are idle end after a while.
        time.sleep(40)
        before = [(program.descriptors(), program.resident(), program.cpu()) for _, program in programs]
        right = sum(asyncio.run(one_round()) for _ in range(rounds))
        print("%d of %d commands right, %d at a time, %d lines on each stream" % (right, count * rounds, count, lines))
        passed = right == count * rounds
        for (name, program), (descriptors, resident, cpu) in zip(programs, before):
            passed &= program.wait_for_descriptors(descriptors, 60)
            after = program.descriptors()
            print("%s: descriptors %d before, %d after; memory %.1f MiB before, %.1f MiB after; %.1f ms of CPU a command" % (
                name, descriptors, after, resident / 2**20, program.resident() / 2**20,
                (program.cpu() - cpu) * 1000 / (count * rounds)))
            passed &= program.resident() < resident + 16 * 2**20
        return passed


def transfer(count, most_memory):
    """Whether a file comes back unchanged, with little memory used on both sides."""
    with running() as (daytona, service, sandbox, fields):
        programs = [("the service", service), ("local-daytona", daytona)]
        highest = [0, 0]

        async def look():
            while True:
                for index, (_, program) in enumerate(programs):
                    highest[index] = max(highest[index], program.resident())
                await asyncio.sleep(0.02)

        async def run():
            looking = asyncio.create_task(look())
            answer = await stream(service, "/ws/evaluate-instance", fields, "bytes-%d" % count, sandbox)
            looking.cancel()
            return answer

        _, result = asyncio.run(run())
        same = result["data"] == {"bytes": count, "same": True}
        print("%d bytes up and down again: %s" % (count, "the same" if same else result))
        for (name, program), most in zip(programs, highest):
            print("%s: at most %.1f MiB of memory, %.2f s of CPU" % (name, most / 2**20, program.cpu()))
        return same and max(highest) < most_memory
