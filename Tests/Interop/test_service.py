"""httpx against the example service."""

import asyncio
import json

import httpx
import pytest

from programs import ROOT, ShellTasks

EXAMPLE = ROOT / "Examples" / "ShellTasks"
TASKS = [json.loads(line) for line in (EXAMPLE / "Data" / "default.jsonl").read_text("utf-8").splitlines()]
TASK_IDS = [task["id"] for task in TASKS]


@pytest.fixture
def http(service):
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=60) as client:
        yield client


def test_health(http):
    answer = http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, TASK_IDS),
        ({"slice": "0:2"}, TASK_IDS[0:2]),
        ({"slice": "::-1"}, TASK_IDS[::-1]),
        ({"slice": "-3"}, TASK_IDS[-3:]),
        ({"task_ids": [TASK_IDS[3], TASK_IDS[0], TASK_IDS[3]]}, [TASK_IDS[3], TASK_IDS[0]]),
        ({"task_ids": [TASK_IDS[1]], "slice": "0:1"}, [TASK_IDS[1]]),
        ({"dataset": "default", "slice": "1:2"}, TASK_IDS[1:2]),
    ],
)
def test_task_ids(http, query, expected):
    answer = http.get("/verify-task-ids", params=query)
    assert (answer.status_code, answer.json()) == (200, {"task_ids": expected})


def test_the_other_dataset_has_its_own_ids(http):
    lite = [json.loads(line)["id"] for line in (EXAMPLE / "Data" / "lite.jsonl").read_text("utf-8").splitlines()]
    assert http.get("/verify-task-ids", params={"dataset": "lite"}).json() == {"task_ids": lite}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"task_ids": "none"}, "Task ID not found: none"),
        ({"task_ids": "cafe\u0301"}, "Task ID not found: cafe\u0301"),
        ({"dataset": "none"}, "Dataset 'none' not found. Available datasets: default, lite"),
        ({"slice": "1:2:3:4"}, "Invalid slice format"),
        ({"slice": "a:"}, "invalid literal for int() with base 10: 'a'"),
        ({"slice": "::0"}, "slice step cannot be zero"),
    ],
)
def test_what_is_unknown_is_a_bad_request(http, query, detail):
    answer = http.get("/verify-task-ids", params=query)
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


@pytest.mark.parametrize("path", ["/retrieve-task/", "/retrieve-task"])
def test_retrieving_a_task(http, path):
    answer = http.get(path, params={"task_id": TASK_IDS[0], "skip_validation": "false"})
    assert answer.status_code == 200
    assert [step.status_code for step in answer.history] == ([] if path.endswith("/") else [307])
    task = TASKS[0]
    assert list(answer.json()) == ["docker_image", "problem_path", "cwd", "agent_timeout", "resources"]
    assert answer.json()["resources"] == task["resources"]
    assert answer.json()["agent_timeout"] == task["agent_timeout"]
    assert f'"agent_timeout":{float(task["agent_timeout"])}' in answer.text


def test_retrieving_without_or_with_an_unknown_task(http):
    answer = http.get("/retrieve-task/")
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "task_id"])
    answer = http.get("/retrieve-task/", params={"task_id": "none"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Task ID not found: none"})


def program(path: str) -> str:
    return (EXAMPLE / "Reference" / path).read_text("utf-8")


@pytest.mark.parametrize("path", ["/evaluate-response/", "/evaluate-response"])
def test_a_right_response_is_resolved(http, path):
    answer = http.post(path, json={"task_id": "leap-years", "response": program("leap-years.sh"), "dataset": None})
    assert answer.status_code == 200
    result = answer.json()
    assert result["resolved"] is True
    assert result["tests_passed"] == result["tests_total"] > 0


@pytest.mark.parametrize("text", [program("wrong/leap-years.sh"), "exit 3", "", "echo 'unfinished"])
def test_a_wrong_response_is_not_resolved(http, text):
    answer = http.post("/evaluate-response/", json={"task_id": "leap-years", "response": text})
    assert answer.status_code == 200
    result = answer.json()
    assert result["resolved"] is False
    assert result["tests_passed"] < result["tests_total"]


@pytest.mark.parametrize(
    ("content", "status", "where"),
    [
        ('{"task_id":"leap-years"}', 422, ["body", "response"]),
        ('{"task_id":1,"response":"x"}', 422, ["body", "task_id"]),
        ("[]", 422, ["body"]),
        ('{"task_id": }', 422, ["body", 12]),
        ('{"task_id":"none","response":"x"}', 400, None),
    ],
)
def test_bodies_that_cannot_be_used(http, content, status, where):
    answer = http.post("/evaluate-response/", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    detail = answer.json()["detail"]
    assert detail == "Task ID not found: none" if where is None else detail[0]["loc"] == where


@pytest.mark.parametrize("path", ["/final-score/", "/final-score"])
def test_final_score_counts_in_the_order_of_the_request(http, path):
    results = {TASK_IDS[2]: {"resolved": True}, TASK_IDS[0]: {"resolved": False}, TASK_IDS[1]: None}
    answer = http.post(path, json={"evaluation_results": results})
    assert answer.status_code == 200
    score = answer.json()
    assert score["tasks_evaluated"] == list(results)
    assert score["final_score"] == pytest.approx(100 / 3)
    assert score["metadata"]["total_tasks"] == 3


def test_final_score_of_nothing_is_a_float(http):
    answer = http.post("/final-score/", json={"evaluation_results": {}})
    assert answer.text.startswith('{"tasks_evaluated":[],"final_score":0.0,')


def test_wrong_paths_and_methods(http):
    assert http.get("/nowhere").status_code == 404
    answer = http.post("/health")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert http.get("/ws/setup-task").status_code == 404


def test_chunked_bodies(http):
    body = json.dumps({"evaluation_results": {TASK_IDS[0]: {"resolved": True, "note": "ž" * 200_000}}}).encode()

    def pieces():
        for start in range(0, len(body), 4096):
            yield body[start:start + 4096]

    answer = http.post("/final-score/", content=pieces(), headers={"content-type": "application/json"})
    assert answer.json()["final_score"] == 100.0


@pytest.mark.anyio
async def test_two_hundred_requests_at_a_time(service):
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=service.url, limits=limits, timeout=60) as client:
        answers = await asyncio.gather(*(
            client.get("/retrieve-task/", params={"task_id": TASK_IDS[number % len(TASK_IDS)]})
            for number in range(200)))
    assert [answer.status_code for answer in answers] == [200] * 200


def test_a_static_key_guards_everything_but_health(tmp_path):
    service = ShellTasks(tmp_path, environment={"BENCHMARK_API_KEY": "secret"})
    with httpx.Client(base_url=service.url) as client:
        assert client.get("/health").status_code == 200
        for headers in ({}, {"authorization": "Bearer wrong"}):
            answer = client.get("/verify-task-ids", headers=headers)
            assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})
        assert client.get("/verify-task-ids", headers={"authorization": "Bearer secret"}).status_code == 200
    service.stop()
