"""The official SDK against local-daytona: the life of a sandbox, and what is refused."""

import anyio
import daytona
import pytest
from daytona import CreateSandboxFromImageParams, CreateSandboxFromSnapshotParams, Resources

from programs import PATIENCE, LocalDaytona, processes_of, wait_until

pytestmark = pytest.mark.anyio


async def ids(client, **labels) -> list[str]:
    """The ids of the sandboxes with these labels. The old SDK has pages where the new one iterates."""
    if hasattr(daytona, "ListSandboxesQuery"):
        return [item.id async for item in client.list(daytona.ListSandboxesQuery(labels=labels))]
    return [item.id for item in (await client.list(labels=labels)).items]


async def is_gone(client, sandbox_id: str):
    """Asks for a deleted sandbox until it is not found; while it is being destroyed it can still be seen."""
    with anyio.fail_after(PATIENCE), pytest.raises(daytona.DaytonaNotFoundError):
        while True:
            assert (await client.get(sandbox_id)).state in ("destroying", "destroyed")
            await anyio.sleep(0.05)


async def test_default_snapshot_comes_up_and_goes_away(client):
    sandbox = await client.create(CreateSandboxFromSnapshotParams(
        name="plain", labels={"probe": "life"}, env_vars={"GREETING": "grüß dich"}, auto_stop_interval=0))
    assert sandbox.state == "started"
    assert sandbox.name == "plain"
    assert sandbox.labels["probe"] == "life"
    assert sandbox.auto_stop_interval == 0
    assert (await sandbox.process.exec('printf %s "$GREETING"')).result == "grüß dich"

    assert (await client.get(sandbox.id)).id == sandbox.id
    assert (await client.get("plain")).id == sandbox.id
    assert await ids(client, probe="life") == [sandbox.id]
    assert await ids(client, probe="another") == []

    await client.delete(sandbox)
    await is_gone(client, sandbox.id)
    assert await ids(client, probe="life") == []


async def test_image_with_resources_is_recorded(client):
    sandbox = await client.create(CreateSandboxFromImageParams(
        image="python:3.12-slim", resources=Resources(cpu=2, memory=4, disk=10)))
    try:
        assert sandbox.state == "started"
        assert (sandbox.cpu, sandbox.memory, sandbox.disk) == (2, 4, 10)
        assert (await sandbox.process.exec("echo up")).result == "up\n"
    finally:
        await client.delete(sandbox)


async def test_files_outlive_a_stop_and_processes_do_not(client, sandbox):
    assert (await sandbox.process.exec("echo kept > ~/note; sleep 1000 >/dev/null 2>&1 &")).exit_code == 0
    assert processes_of(sandbox.id)

    await client.stop(sandbox)
    assert sandbox.state == "stopped"
    assert processes_of(sandbox.id) == []

    await client.start(sandbox)
    assert sandbox.state == "started"
    assert (await sandbox.process.exec("cat ~/note")).result == "kept\n"


async def test_deleting_ends_what_runs_inside(client):
    sandbox = await client.create()
    await sandbox.process.exec("(setsid sleep 1000; :) >/dev/null 2>&1 &")
    assert processes_of(sandbox.id)
    await client.delete(sandbox)
    wait_until(lambda: not processes_of(sandbox.id), "the sandbox's processes to end")


async def test_sandboxes_do_not_see_each_other(client, sandbox):
    other = await client.create()
    try:
        await sandbox.fs.upload_file(b"mine", "/tmp/secret")
        assert (await other.process.exec("cat /tmp/secret")).exit_code != 0
    finally:
        await client.delete(other)


def test_sync_client_does_the_same(config):
    client = daytona.Daytona(config)
    sandbox = client.create()
    sandbox.fs.upload_file(b"text", "/tmp/a")
    assert sandbox.process.exec("cat /tmp/a").result == "text"
    assert sandbox.fs.download_file("/tmp/a") == b"text"
    client.delete(sandbox)

    def is_gone() -> bool:
        try:
            return client.get(sandbox.id) is None
        except daytona.DaytonaNotFoundError:
            return True

    wait_until(is_gone, "the sandbox to be gone")


async def test_a_name_is_taken_once(client):
    first = await client.create(CreateSandboxFromSnapshotParams(name="taken"))
    try:
        with pytest.raises(daytona.DaytonaError, match="already exists"):
            await client.create(CreateSandboxFromSnapshotParams(name="taken"))
    finally:
        await client.delete(first)


async def test_unknown_sandbox_is_not_found(client):
    with pytest.raises(daytona.DaytonaNotFoundError, match="not found"):
        await client.get("no-such-sandbox")


async def test_wrong_key_is_refused(server):
    config = daytona.DaytonaConfig(api_key="wrong", api_url=server.api_url, target=server.target)
    # The old SDK has no class of its own for this.
    refusal = getattr(daytona, "DaytonaAuthenticationError", daytona.DaytonaError)
    async with daytona.AsyncDaytona(config) as client:
        with pytest.raises(refusal, match="Invalid credentials"):
            await client.get("any")
        with pytest.raises(refusal, match="Invalid credentials"):
            await client.create()


@pytest.mark.parametrize("isolation", ["auto", "none"])
async def test_sigterm_takes_running_sandboxes_along(tmp_path, isolation):
    server = LocalDaytona(tmp_path, "--isolation", isolation)
    config = daytona.DaytonaConfig(api_key=server.api_key, api_url=server.api_url, target=server.target)
    async with daytona.AsyncDaytona(config) as client:
        sandbox = await client.create()
        await sandbox.process.create_session("s")
        await sandbox.process.execute_session_command(
            "s", daytona.SessionExecuteRequest(command="trap '' TERM; sleep 1000", run_async=True))
        await sandbox.process.exec("sleep 1000 >/dev/null 2>&1 &")
        await sandbox.fs.upload_file(bytes(1 << 20), "/tmp/file")
        assert processes_of(sandbox.id)
        server.stop()
    assert processes_of(sandbox.id) == []
