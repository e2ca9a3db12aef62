"""Schemathesis against the example service, led by the service's own OpenAPI document."""

import os
import pathlib
import subprocess

import pytest

from programs import ShellTasks

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("key", [None, "secret"], ids=["open", "with a key"])
def test_the_service_is_as_its_document_says(tmp_path, key):
    environment = {"BENCHMARK_API_KEY": key} if key else {}
    service = ShellTasks(tmp_path / "service", "--docs-public", environment=environment)
    command = [
        os.environ["INTEROP_SCHEMATHESIS"], "--config-file", HERE / "schemathesis.toml", "run",
        service.url + "/openapi.json", "--max-examples", "50", "--generation-deterministic", "--no-color",
    ]
    if key:
        command += ["--header", f"Authorization: Bearer {key}"]
    result = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout
    assert "Tested: 5" in result.stdout, result.stdout
    service.stop()
