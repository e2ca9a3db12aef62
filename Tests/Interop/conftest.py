"""Fixtures: one sandbox server and one example service for all tests, and a fresh sandbox for each that asks."""

import daytona
import pytest

from programs import LocalDaytona, ShellTasks


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    program = LocalDaytona(tmp_path_factory.mktemp("local-daytona"))
    yield program
    program.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    program = ShellTasks(tmp_path_factory.mktemp("shell-tasks"))
    yield program
    program.stop()


@pytest.fixture
def config(server):
    return daytona.DaytonaConfig(api_key=server.api_key, api_url=server.api_url, target=server.target)


@pytest.fixture
async def client(config, anyio_backend):
    async with daytona.AsyncDaytona(config) as client:
        yield client


@pytest.fixture
async def sandbox(client):
    sandbox = await client.create()
    yield sandbox
    await client.delete(sandbox)
