"""Authentication by Descope: the official package proves a stand-in right, and that proves the service right."""

import concurrent.futures
import threading
import time

import httpx
import jwt
import pytest
import websockets
from descope import AuthException, DescopeClient

from descope_standin import PROJECT, Descope, Key
from programs import ShellTasks


@pytest.fixture
def standin(monkeypatch):
    standin = Descope()
    monkeypatch.setenv("DESCOPE_BASE_URI", standin.url)
    yield standin
    standin.stop()
    assert standin.mistakes == []


def sessions(standin: Descope) -> dict[str, tuple[str, bool]]:
    """By an access key the session that it is exchanged for, and whether the session is good."""
    key, now = standin.key, int(time.time())
    return {
        "good": (key.session(), True),
        "elsewhere": (key.session(iss="https://elsewhere"), True),
        "late": (key.session(exp=now - 1), True),
        "for-ever": (key.session(exp=None), True),
        "audience": (key.session(aud=PROJECT), True),
        "audiences": (key.session(aud=["other", PROJECT]), True),
        "other-audience": (key.session(aud="other"), False),
        "expired": (key.session(exp=now - 30), False),
        "too-early": (key.session(nbf=now + 100), False),
        "issued-later": (key.session(iat=now + 100), False),
        "symmetric": (key.session(algorithm="HS256"), False),
        "unknown-key": (key.session(kid="nobody"), False),
        "no-token": ("no token", False),
    }


def test_the_official_package_decides_about_the_stand_in_as_it_does_about_descope(standin):
    for access_key, (session, is_good) in sessions(standin).items():
        standin.answers[access_key] = session
        client = DescopeClient(project_id=PROJECT)
        if is_good:
            answer = client.exchange_access_key(access_key)
            assert list(answer["tenants"]) == ["T1"], access_key
        else:
            with pytest.raises((AuthException, jwt.PyJWTError)):
                client.exchange_access_key(access_key)
    with pytest.raises(AuthException):
        DescopeClient(project_id=PROJECT).exchange_access_key("nobody's")


# MARK: The service


@pytest.fixture
def service(standin, tmp_path):
    program = ShellTasks(tmp_path, environment={
        "AUTH_REQUIRED": "true", "DESCOPE_PROJECT_ID": PROJECT, "DESCOPE_BASE_URI": standin.url,
        "DESCOPE_TIMEOUT_SECONDS": "2", "BENCHMARK_API_KEY": "does not count",
    })
    yield program
    program.stop()


def ask(service: ShellTasks, access_key: str | None, path: str = "/verify-task-ids") -> int:
    headers = {} if access_key is None else {"X-Descope-Api-Key": access_key}
    return httpx.get(service.url + path, headers=headers, timeout=60).status_code


def test_the_service_decides_as_the_official_package_does(service, standin):
    for access_key, (session, is_good) in sessions(standin).items():
        standin.answers[access_key] = session
        assert ask(service, access_key) == (200 if is_good else 401), access_key


def test_without_an_access_key_nobody_is_asked(service, standin):
    assert ask(service, None) == 401
    assert ask(service, "") == 401
    assert httpx.get(service.url + "/verify-task-ids", headers={"authorization": "Bearer does not count"}).status_code == 401
    assert ask(service, None, "/health") == 200
    assert standin.exchanges == []


@pytest.mark.parametrize("tenants", [{}, {"a": {}, "b": {}}, ["a"], "a", 1, None])
def test_an_access_key_has_exactly_one_tenant(service, standin, tenants):
    standin.answers["key"] = standin.key.session(tenants=tenants)
    assert ask(service, "key") == 401


def test_what_is_accepted_is_asked_once_and_what_is_refused_each_time(service, standin):
    standin.answers |= {"good": standin.key.session(), "bad": 401}
    assert [ask(service, "good") for _ in range(3)] == [200] * 3
    assert [ask(service, "bad") for _ in range(2)] == [401] * 2
    assert standin.exchanges == ["good", "bad", "bad"]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 302])
def test_a_descope_that_fails_is_a_refusal(service, standin, status):
    standin.answers["key"] = [status, standin.key.session()]
    assert ask(service, "key") == 401
    assert ask(service, "key") == 200


def test_a_descope_in_trouble_is_asked_again(service, standin):
    standin.answers["key"] = [503, standin.key.session()]
    assert ask(service, "key") == 200
    assert standin.exchanges == ["key", "key"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"sessionJwt":null}', b'{"tenants":{"T1":{}}}'])
def test_an_answer_that_cannot_be_used_is_a_refusal(service, standin, body):
    standin.answers["key"] = lambda: body
    assert ask(service, "key") == 401


def test_a_decision_takes_no_longer_than_it_may(service, standin):
    session = b'{"sessionJwt":"%s"}' % standin.key.session().encode()
    may_answer = threading.Event()
    standin.answers["key"] = lambda: may_answer.wait(60) and session
    # The answer would be a good one, had it come in time.
    assert ask(service, "key") == 401
    may_answer.set()
    standin.answers["key"] = lambda: session
    assert ask(service, "key") == 200


def test_of_many_first_requests_with_one_key_one_asks(service, standin):
    session = standin.key.session()
    answer = b'{"sessionJwt":"%s"}' % session.encode()
    standin.answers["key"] = lambda: time.sleep(0.5) or answer
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda _: ask(service, "key"), range(20))) == [200] * 20
    assert standin.exchanges == ["key"]


def test_keys_that_change_are_fetched_again(service, standin):
    standin.answers["before"] = standin.key.session()
    assert ask(service, "before") == 200
    second = Key("second")
    standin.keys = [second]
    standin.answers |= {"after": second.session(), "old": standin.key.session()}
    assert ask(service, "after") == 200
    assert standin.fetches == 2
    # The key that is gone is not believed any more; whom it let in is remembered for a while.
    assert ask(service, "old") == 401
    assert ask(service, "before") == 200


@pytest.mark.anyio
async def test_a_stream_is_opened_and_then_closed(service, standin):
    standin.answers["good"] = standin.key.session()
    for access_key, reason in [("bad", "Unauthorized"), ("good", "Missing required headers: x-api-key, x-api-url, x-target")]:
        async with websockets.connect(
            service.stream_url + "/ws/setup-task", additional_headers={"X-Descope-Api-Key": access_key}, proxy=None
        ) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, reason)


def test_nothing_secret_is_logged(service, standin):
    session = standin.key.session(tenants={})
    standin.answers["the-access-key"] = session
    assert ask(service, "the-access-key") == 401
    assert "access key was refused" in service.output
    assert "the-access-key" not in service.output
    assert session not in service.output and session.split(".")[1] not in service.output
