"""The official SDK against local-daytona: one-shot commands, sessions, and streamed logs."""

import asyncio
import importlib.metadata

import daytona
import pytest
from daytona import SessionExecuteRequest

pytestmark = pytest.mark.anyio

VERSION = tuple(map(int, importlib.metadata.version("daytona").split(".")[:2]))


class Session:
    """A session whose commands are started asynchronously and followed to their end."""

    def __init__(self, sandbox, name: str = "s"):
        self.process = sandbox.process
        self.name = name

    async def __aenter__(self):
        await self.process.create_session(self.name)
        return self

    async def __aexit__(self, *_):
        await self.process.delete_session(self.name)

    async def start(self, command: str) -> str:
        request = SessionExecuteRequest(command=command, run_async=True)
        return (await self.process.execute_session_command(self.name, request)).cmd_id

    async def follow(self, command_id: str) -> tuple[str, str]:
        """What comes on both streams until the end."""
        out, err = [], []
        await self.process.get_session_command_logs_async(self.name, command_id, out.append, err.append)
        return "".join(out), "".join(err)

    async def exit_code(self, command_id: str):
        return (await self.process.get_session_command(self.name, command_id)).exit_code

    async def run(self, command: str) -> tuple[str, str, int]:
        command_id = await self.start(command)
        out, err = await self.follow(command_id)
        return out, err, await self.exit_code(command_id)


@pytest.mark.parametrize(
    ("command", "code", "result"),
    [
        ("echo out; echo err >&2", 0, "out\nerr\n"),
        ("exit 7", 7, ""),
        ("printf 'no newline'", 0, "no newline"),
        ("printf 'ž\\t漢\\n'", 0, "ž\t漢\n"),
        ("cat <<'E'\na 'b' \"c\" $d\nE", 0, "a 'b' \"c\" $d\n"),
        ("kill -9 $$", -1, ""),
    ],
    ids=["both streams", "exit code", "no newline", "not ascii", "here-document", "killed"],
)
async def test_one_shot(sandbox, command, code, result):
    answer = await sandbox.process.exec(command)
    assert (answer.exit_code, answer.result) == (code, result)


async def test_one_shot_takes_directory_and_environment(sandbox):
    answer = await sandbox.process.exec('printf "%s %s" "$PWD" "$A"', cwd="/tmp", env={"A": "b c"})
    assert answer.result.endswith("/tmp b c")


async def test_one_shot_past_its_timeout_fails(sandbox):
    with pytest.raises(daytona.DaytonaError, match="timeout"):
        await sandbox.process.exec("sleep 1000", timeout=1)


async def test_both_streams_are_followed_to_the_end(sandbox):
    async with Session(sandbox) as session:
        out, err, code = await session.run("echo out1; echo err1 >&2; echo out2; echo err2 >&2; (exit 3)")
        assert (out, err, code) == ("out1\nout2\n", "err1\nerr2\n", 3)


async def test_callbacks_may_be_coroutines(sandbox):
    seen = []

    async def note(text: str):
        await asyncio.sleep(0)
        seen.append(text)

    async with Session(sandbox) as session:
        command = await session.start("echo a; echo b >&2")
        await session.process.get_session_command_logs_async(session.name, command, note, note)
    assert sorted("".join(seen).split()) == ["a", "b"]


async def test_output_arrives_while_the_command_runs(sandbox):
    """The command waits for input that is only sent once its first line has been seen."""
    async with Session(sandbox) as session:
        command = await session.start("echo first; read line; echo got $line")
        lines = []

        async def answer(text: str):
            lines.append(text)
            if "first" in text:
                await session.process.send_session_command_input(session.name, command, "this\n")

        await session.process.get_session_command_logs_async(session.name, command, answer, answer)
        assert "".join(lines).startswith("first\n")
        assert "".join(lines).endswith("got this\n")
        assert await session.exit_code(command) == 0


@pytest.mark.skipif(VERSION <= (0, 205), reason="this SDK misreads a log whose message ends behind a marker")
async def test_many_lines_and_characters_across_messages_arrive_whole(sandbox):
    async with Session(sandbox) as session:
        out, err, code = await session.run(
            "i=0; while [ $i -lt 5000 ]; do echo \"$i ž漢🙂\"; i=$((i+1)); done; head -c 300000 /dev/zero | tr '\\0' x >&2")
        assert out == "".join(f"{number} ž漢🙂\n" for number in range(5000))
        assert (err, code) == ("x" * 300_000 + "\n", 0)


async def test_joining_late_replays_the_log(sandbox):
    async with Session(sandbox) as session:
        command = await session.start("echo once")
        assert await session.follow(command) == ("once\n", "")
        assert await session.follow(command) == ("once\n", "")
        both = await asyncio.gather(session.follow(command), session.follow(command))
        assert both == [("once\n", "")] * 2
        logs = await session.process.get_session_command_logs(session.name, command)
        assert "once\n" in logs.output


async def test_sessions_keep_their_state_and_their_commands(sandbox):
    async with Session(sandbox) as session:
        first = await session.start("cd /tmp; NAME=kept")
        second = await session.start('echo "$PWD $NAME"')
        out, _ = await session.follow(second)
        assert out.endswith("/tmp kept\n")
        known = await session.process.get_session(session.name)
        assert {(command.id, command.exit_code) for command in known.commands} == {(first, 0), (second, 0)}
        assert [item.session_id for item in await session.process.list_sessions()] == [session.name]
    assert await sandbox.process.list_sessions() == []


async def test_sync_command_answers_with_its_output(sandbox):
    async with Session(sandbox) as session:
        answer = await session.process.execute_session_command(
            session.name, SessionExecuteRequest(command="echo o; echo e >&2; (exit 4)"))
        assert answer.exit_code == 4
        logs = await session.process.get_session_command_logs(session.name, answer.cmd_id)
        assert (logs.stdout, logs.stderr) == ("o\n", "e\n")


async def test_deleting_a_session_ends_its_command_and_its_followers(sandbox):
    session = Session(sandbox)
    async with session:
        command = await session.start("echo up; sleep 1000")
        up = asyncio.Event()
        follower = asyncio.ensure_future(session.process.get_session_command_logs_async(
            session.name, command, lambda _: up.set(), lambda _: None))
        await up.wait()
    await asyncio.wait([follower])
    # Either way is an end: the server may close the stream, or drop the connection.
    assert follower.exception() is None or isinstance(follower.exception(), daytona.DaytonaError)
    with pytest.raises(daytona.DaytonaNotFoundError):
        await session.process.get_session(session.name)


@pytest.mark.parametrize("name", ["no-such-session", "with blank/and slash"])
async def test_unknown_sessions_are_not_found(sandbox, name):
    with pytest.raises(daytona.DaytonaNotFoundError, match="session not found"):
        await sandbox.process.get_session(name)
    with pytest.raises(daytona.DaytonaError, match="session not found"):
        await Session(sandbox, name).start("echo never")


async def test_sessions_run_side_by_side(sandbox):
    """Each of two commands waits for a file that the other makes."""
    wait = "touch $TMPDIR/{0}; until [ -e $TMPDIR/{1} ]; do sleep 0.05; done; echo {0} done"
    async with Session(sandbox, "a") as a, Session(sandbox, "b") as b:
        results = await asyncio.gather(a.run(wait.format("a", "b")), b.run(wait.format("b", "a")))
    assert results == [("a done\n", "", 0), ("b done\n", "", 0)]
