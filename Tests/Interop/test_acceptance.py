"""The official SDK against local-daytona: one walk through every route of the client's contract, by both of its clients."""

import inspect
import io

import daytona
import pytest
from daytona import CreateSandboxFromImageParams, CreateSandboxFromSnapshotParams, Resources, SessionExecuteRequest

pytestmark = pytest.mark.anyio


async def done(value):
    """The result of a call, of a client that waits or of one that is waited for."""
    return await value if inspect.isawaitable(value) else value


async def collected(items) -> list:
    """The items of an iteration of either kind."""
    return [item async for item in items] if hasattr(items, "__aiter__") else list(items)


@pytest.fixture(params=["async", "sync"])
async def any_client(config, request):
    if request.param == "sync":
        yield daytona.Daytona(config)
    else:
        async with daytona.AsyncDaytona(config) as client:
            yield client


@pytest.fixture
async def box(any_client):
    box = await done(any_client.create(CreateSandboxFromSnapshotParams(labels={"acceptance": "yes"})))
    yield box
    await done(any_client.delete(box))


async def test_the_life_of_a_sandbox(any_client):
    box = await done(any_client.create(
        CreateSandboxFromImageParams(image="debian:12-slim", resources=Resources(cpu=1, memory=1, disk=1)), timeout=60))
    assert (box.state, box.cpu, box.memory, box.disk) == ("started", 1, 1, 1)
    await done(box.wait_for_sandbox_start(30))
    await done(box.stop(timeout=30, force=True))
    await done(box.wait_for_sandbox_stop(30))
    assert box.state == "stopped"
    with pytest.raises(daytona.DaytonaError, match="Is the Sandbox started"):
        await done(box.process.exec("true"))
    await done(box.start(timeout=30))
    assert (await done(box.process.exec("echo back"))).result == "back\n"
    await done(box.resize(Resources(cpu=2, memory=2)))
    await done(box.refresh_data())
    assert (box.cpu, box.memory, box.disk) == (2, 2, 1)
    await done(any_client.delete(box, 60, wait=True))
    with pytest.raises(daytona.DaytonaNotFoundError):
        await done(any_client.get(box.id))


async def test_settings_of_a_sandbox(any_client, box):
    assert await done(box.set_labels({"a": "ž", "b": ""})) == {"a": "ž", "b": ""}
    await done(box.set_autostop_interval(7))
    await done(box.set_auto_archive_interval(60))
    await done(box.set_auto_delete_interval(90))
    await done(box.refresh_activity())
    again = await done(any_client.get(box.id))
    assert again.labels == {"a": "ž", "b": ""}
    assert (again.auto_stop_interval, again.auto_archive_interval, again.auto_delete_interval) == (7, 60, 90)
    await done(again.refresh_data())
    assert again.id == box.id


async def test_pages_of_sandboxes(any_client):
    made = [await done(any_client.create(CreateSandboxFromSnapshotParams(labels={"page": "mine"}))) for _ in range(3)]
    query = daytona.ListSandboxesQuery(labels={"page": "mine"}, limit=1)
    assert {item.id for item in await collected(any_client.list(query))} == {box.id for box in made}
    for box in made:
        await done(box.delete())


async def test_preview_links(box):
    link = await done(box.get_preview_link(3000))
    assert link.url.endswith(":3000") and link.token
    signed = await done(box.create_signed_preview_url(3000, expires_in_seconds=120))
    assert signed.url and signed.token and signed.port == 3000


async def test_processes(box):
    process = box.process
    answer = await done(process.exec("echo $A in $PWD >&2; exit 3", cwd="/tmp", env={"A": "b"}, timeout=20))
    assert (answer.exit_code, answer.result.endswith("/tmp\n")) == (3, True)
    with pytest.raises(daytona.DaytonaError):
        await done(process.exec("sleep 1000", timeout=1))

    await done(process.create_session("s"))
    with pytest.raises(daytona.DaytonaConflictError):
        await done(process.create_session("s"))
    answer = await done(process.execute_session_command("s", SessionExecuteRequest(command="echo o; echo e >&2; (exit 4)")))
    assert (answer.exit_code, answer.stdout, answer.stderr) == (4, "o\n", "e\n")
    request = SessionExecuteRequest(command="read line; echo got $line", run_async=True)
    command = (await done(process.execute_session_command("s", request))).cmd_id
    assert (await done(process.get_session_command("s", command))).exit_code is None
    await done(process.send_session_command_input("s", command, "this\n"))
    out, err = [], []
    await done(process.get_session_command_logs_async("s", command, out.append, err.append))
    assert ("".join(out).endswith("got this\n"), err) == (True, [])
    assert (await done(process.get_session_command("s", command))).exit_code == 0
    assert "got this" in (await done(process.get_session_command_logs("s", command))).stdout
    assert {item.id for item in (await done(process.get_session("s"))).commands} == {answer.cmd_id, command}
    assert [item.session_id for item in await done(process.list_sessions())] == ["s"]
    await done(process.delete_session("s"))
    with pytest.raises(daytona.DaytonaNotFoundError):
        await done(process.delete_session("s"))


async def test_files(box):
    files = box.fs
    home = await done(box.get_user_home_dir())
    assert await done(box.get_work_dir()) == home
    await done(files.create_folder("tree", "750"))
    await done(files.upload_file(b"alpha\nneedle\n", "tree/a.txt"))
    assert await done(files.download_file(f"{home}/tree/a.txt")) == b"alpha\nneedle\n"
    stream = io.BytesIO(b"x" * 300_000)
    await done(files.upload_file_stream(stream, "tree/big"))
    pieces = await collected(await done(files.download_file_stream("tree/big")))
    assert b"".join(pieces) == b"x" * 300_000
    await done(files.move_files("tree/big", "tree/b.bin"))
    await done(files.set_file_permissions("tree/b.bin", mode="640"))
    info = await done(files.get_file_info("tree/b.bin"))
    assert (info.size, info.permissions, info.is_dir) == (300_000, "0640", False)
    assert {item.name for item in await done(files.list_files("tree"))} == {"a.txt", "b.bin"}
    assert [match.line for match in await done(files.find_files("tree", "needle"))] == [2]
    assert [path.rsplit("/")[-1] for path in (await done(files.search_files("tree", "*.txt"))).files] == ["a.txt"]
    assert all(item.success for item in await done(files.replace_in_files(["tree/a.txt"], "needle", "pin")))
    assert await done(files.download_file("tree/a.txt")) == b"alpha\npin\n"
    with pytest.raises(daytona.DaytonaError):
        await done(files.move_files("tree/b.bin", "tree/a.txt"))
    with pytest.raises(daytona.DaytonaError):
        await done(files.delete_file("tree"))
    await done(files.delete_file("tree", recursive=True))
    for path in ["tree/a.txt", "../../../../etc/nope"]:
        with pytest.raises(daytona.DaytonaNotFoundError):
            await done(files.get_file_info(path))


async def test_faults_reach_the_sdk(server, any_client, box):
    """What is switched on with the control route is what the SDK runs into."""
    await done(box.process.create_session("s"))
    with server.faults([{"kind": "refuse-upgrade", "value": 502}]):
        request = SessionExecuteRequest(command="echo a", run_async=True)
        command = (await done(box.process.execute_session_command("s", request))).cmd_id
        with pytest.raises(daytona.DaytonaError):
            await done(box.process.get_session_command_logs_async("s", command, print, print))
    with server.faults([{"kind": "status", "value": 429, "route": "process"}]):
        with pytest.raises(daytona.DaytonaRateLimitError):
            await done(box.process.list_sessions())
    assert len(await done(box.process.list_sessions())) == 1
