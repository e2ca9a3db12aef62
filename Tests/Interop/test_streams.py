"""The websockets library against the example service, with sandboxes of local-daytona: setup, evaluation, a whole run."""

import asyncio
import json

import anyio
import daytona
import httpx
import pytest
import websockets

from programs import PATIENCE, ShellTasks
from test_service import EXAMPLE, TASK_IDS, program

pytestmark = pytest.mark.anyio

# As hosted runners connect: benchmarks are silent for long, and chunks are large.
OPTIONS = {"open_timeout": 60, "ping_timeout": None, "max_size": 10 * 1024 * 1024}


def connect(service, path: str, headers: dict[str, str], **options):
    return websockets.connect(service.stream_url + path, additional_headers=headers, **(OPTIONS | options))


async def chunks_of(service, path: str, headers: dict[str, str], request, **options):
    """Sends a request and collects the chunks, until the service closes; returns them with the close code."""
    async with connect(service, path, headers, **options) as socket:
        await socket.send(request if isinstance(request, (str, bytes)) else json.dumps(request))
        chunks = [json.loads(message) async for message in socket]
        return chunks, socket.close_code


async def result_of(service, path: str, headers: dict[str, str], request, **options) -> dict:
    """The data of the only result, which is the last chunk."""
    chunks, code = await chunks_of(service, path, headers, request, **options)
    assert [chunk["type"] for chunk in chunks] == ["message"] * (len(chunks) - 1) + ["result"], chunks
    assert code == 1000
    return chunks[-1]["data"]


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_setup_and_evaluation(service, server, sandbox, compression):
    request = {"task_id": "ledger", "instance_id": sandbox.id, "dataset": None}
    options = {"compression": compression}
    setup = await result_of(service, "/ws/setup-task", server.headers, request, **options)
    assert setup == {"status": "ok"}
    task = httpx.get(service.url + "/retrieve-task/", params={"task_id": "ledger"}).json()
    assert b"Task: ledger" in await sandbox.fs.download_file(task["problem_path"])

    missing = await result_of(service, "/ws/evaluate-instance", server.headers, request, **options)
    assert (missing["resolved"], missing["tests_passed"]) == (False, 0)

    await sandbox.fs.upload_file(program("ledger.sh").encode(), f"{task['cwd']}/solution.sh")
    chunks, code = await chunks_of(service, "/ws/evaluate-instance", server.headers, request, **options)
    assert code == 1000
    assert chunks[-1]["data"]["resolved"] is True
    output = "".join(chunk["data"] for chunk in chunks[:-1])
    assert output.count("\nok ") + output.startswith("ok ") == chunks[-1]["data"]["tests_total"]
    assert await sandbox.process.list_sessions() == []


async def test_a_run_from_the_ids_to_the_score(service, server, client):
    """What a runner does, with two tasks solved and one failed, side by side."""
    programs = {"caesar": "wrong/caesar.sh", "primes": "primes.sh", "roman-numerals": "roman-numerals.sh"}
    async with httpx.AsyncClient(base_url=service.url, follow_redirects=True, timeout=60) as http:
        ids = (await http.get("/verify-task-ids", params={"task_ids": list(programs)})).json()["task_ids"]

        async def run(task_id: str) -> dict:
            task = (await http.get("/retrieve-task/", params={"task_id": task_id})).json()
            needs = task["resources"]
            sandbox = await client.create(daytona.CreateSandboxFromImageParams(
                image=task["docker_image"],
                resources=daytona.Resources(cpu=needs["vcpu"], memory=needs["memory"], disk=needs["disk"])))
            request = {"task_id": task_id, "instance_id": sandbox.id}
            try:
                assert (await result_of(service, "/ws/setup-task", server.headers, request))["status"] == "ok"
                text = program(programs[task_id]).encode()
                await sandbox.fs.upload_file(text, f"{task['cwd']}/solution.sh")
                return await result_of(service, "/ws/evaluate-instance", server.headers, request)
            finally:
                await client.delete(sandbox)

        results = dict(zip(ids, await asyncio.gather(*map(run, ids)), strict=True))
        score = (await http.post("/final-score", json={"evaluation_results": results})).json()
    assert {task_id: result["resolved"] for task_id, result in results.items()} == {
        "caesar": False, "primes": True, "roman-numerals": True}
    assert score["tasks_evaluated"] == ids
    assert score["final_score"] == pytest.approx(200 / 3)


@pytest.mark.parametrize("missing", ["x-api-key", "x-api-url", "x-target", "all"])
@pytest.mark.parametrize("path", ["/ws/setup-task", "/ws/evaluate-instance"])
async def test_missing_headers_close_the_open_socket(service, server, path, missing):
    headers = {name: value for name, value in server.headers.items() if missing not in (name, "all")}
    async with connect(service, path, headers) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason == "Missing required headers: x-api-key, x-api-url, x-target"


@pytest.mark.parametrize(
    "request_text",
    ["", "{", "[]", "{}", '{"task_id":1,"instance_id":"x"}', b"{}"],
    ids=["empty", "not json", "not an object", "no fields", "wrong type", "binary"],
)
async def test_malformed_requests_are_one_error_chunk(service, server, request_text):
    chunks, code = await chunks_of(service, "/ws/setup-task", server.headers, request_text)
    assert ([chunk["type"] for chunk in chunks], code) == (["error"], 1000)
    assert isinstance(chunks[0]["data"], str) and chunks[0]["data"]


async def test_unknown_sandboxes_tasks_and_keys_are_error_chunks(service, server, sandbox):
    async def error(request: dict, headers: dict[str, str]) -> str:
        chunks, code = await chunks_of(service, "/ws/evaluate-instance", headers, request)
        assert ([chunk["type"] for chunk in chunks], code) == (["error"], 1000)
        return chunks[0]["data"]

    known = {"task_id": "ledger", "instance_id": sandbox.id}
    assert "no-such-sandbox" in await error(known | {"instance_id": "no-such-sandbox"}, server.headers)
    assert "Task ID not found: none" in await error(known | {"task_id": "none"}, server.headers)
    assert "Dataset 'none' not found" in await error(known | {"dataset": "none"}, server.headers)
    assert "Invalid credentials" in await error(known, server.headers | {"x-api-key": "wrong"})
    assert await error(known, server.headers | {"x-api-url": "http://127.0.0.1:1/api"})


@pytest.mark.parametrize("path", ["/ws/setup-task/", "/ws/none", "/health"])
async def test_other_paths_are_refused_in_the_handshake(service, server, path):
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(service, path, server.headers)
    assert refused.value.response.status_code == 403


async def test_a_static_key_is_checked_behind_the_handshake(tmp_path, server, sandbox):
    service = ShellTasks(tmp_path, environment={"BENCHMARK_API_KEY": "secret"})
    async with connect(service, "/ws/setup-task", {}) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Unauthorized")

    headers = server.headers | {"authorization": "Bearer secret"}
    request = {"task_id": "ledger", "instance_id": sandbox.id}
    assert await result_of(service, "/ws/setup-task", headers, request) == {"status": "ok"}
    service.stop()


class StuckEvaluation:
    """A connection on which a solution is graded that does not end before its time limit."""

    def __init__(self, service, server, sandbox):
        self.sandbox = sandbox
        self.connection = connect(service, "/ws/evaluate-instance", server.headers)

    async def __aenter__(self):
        await self.sandbox.fs.upload_file(b"sleep 1000", "/workspace/solution.sh")
        socket = await self.connection.__aenter__()
        await asyncio.wait_for(await socket.ping(), PATIENCE)
        await socket.send(json.dumps({"task_id": "ledger", "instance_id": self.sandbox.id}))
        with anyio.fail_after(PATIENCE):
            while not await self.sandbox.process.list_sessions():
                await asyncio.sleep(0.1)
        return socket

    async def __aexit__(self, *failure):
        return await self.connection.__aexit__(*failure)


async def test_the_service_answers_pings_before_and_while_it_works(service, server, sandbox):
    async with StuckEvaluation(service, server, sandbox) as socket:
        await asyncio.wait_for(await socket.ping(), PATIENCE)


async def test_a_client_that_leaves_ends_the_work_in_the_sandbox(service, server, sandbox):
    async with StuckEvaluation(service, server, sandbox) as socket:
        await socket.close()
    with anyio.fail_after(PATIENCE):
        while await sandbox.process.list_sessions():
            await asyncio.sleep(0.1)


async def test_sigterm_closes_streams_with_1012(tmp_path, server, sandbox):
    service = ShellTasks(tmp_path)
    async with StuckEvaluation(service, server, sandbox) as socket:
        await asyncio.to_thread(service.stop)
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await socket.recv()
        assert socket.close_code == 1012
    assert await sandbox.process.list_sessions() == []
