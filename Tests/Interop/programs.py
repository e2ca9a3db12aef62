"""Programs of the toolkit as processes: started, awaited, stopped, and checked for what they leave behind."""

import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds after which something that should happen is held not to happen. Not a measure of speed."""


def wait_until(condition, what: str):
    """Returns what the condition gives as soon as that is true."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(0.05)


class Program:
    """A process with files for its output and a folder of its own for temporary files."""

    def __init__(self, name: str, *arguments: str, folder: pathlib.Path, environment: dict[str, str] | None = None):
        self.name = name
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self._out, self._err = folder / "stdout", folder / "stderr"
        path = pathlib.Path(os.environ["INTEROP_PRODUCTS"]) / name
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [path, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT,
                env=os.environ | {"TMPDIR": str(self.temporary)} | (environment or {}), start_new_session=True)

    @property
    def output(self) -> str:
        """What it has printed so far: standard output, then standard error."""
        return self._out.read_text() + self._err.read_text()

    def announced(self, pattern: str) -> str:
        """Waits until it prints a line that matches; returns the pattern's first group."""
        def look():
            found = re.search(pattern, self.output, re.MULTILINE)
            if not found and self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.output}")
            return found
        return wait_until(look, f"{self.name} to print {pattern!r}")[1]

    def stop(self):
        """Ends it with SIGTERM, as an operator would. It must exit with 0 and leave nothing behind."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end after SIGTERM:\n{self.output}") from None
        assert code == 0, f"{self.name} ended with {code}:\n{self.output}"
        assert leftovers(self.temporary) == []


class LocalDaytona(Program):
    """`local-daytona` on a free port."""

    def __init__(self, folder: pathlib.Path, *arguments: str):
        super().__init__("local-daytona", "--port", "0", "--api-key", "local", *arguments, folder=folder)
        self.api_url = self.announced(r"^DAYTONA_API_URL=(http://127\.0\.0\.1:\d+/api)$")
        self.api_key = self.announced(r"^DAYTONA_API_KEY=(.+)$")
        self.target = self.announced(r"^DAYTONA_TARGET=(.+)$")

    @property
    def headers(self) -> dict[str, str]:
        """What a caller of a service sends so that the service can reach the sandboxes."""
        return {"x-api-key": self.api_key, "x-api-url": self.api_url, "x-target": self.target}


class ShellTasks(Program):
    """The example service on a free port."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str] | None = None):
        super().__init__("shell-tasks", "--port", "0", folder=folder, environment=environment)
        self.url = self.announced(r"^serving \S+ on (http://\S+)")
        self.stream_url = self.url.replace("http", "ws", 1)


def leftovers(folder: pathlib.Path) -> list[str]:
    """Files, mounts and processes that still have to do with the folder."""
    found = [f"file {path}" for path in folder.rglob("*")]
    text = str(folder)
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(errors="replace")
    found += [f"mount {line}" for line in mounts.splitlines() if text in line]
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            links = [os.readlink(process / link) for link in ("cwd", "root")]
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has ended, or is not ours
        if any(text in place for place in (command, environment, *links)):
            found.append(f"process {process.name} {command}")
    return found


def processes_of(sandbox_id: str) -> list[str]:
    """The processes that carry the id of a sandbox in their environment."""
    setting = f"DAYTONA_SANDBOX_ID={sandbox_id}".encode()
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if setting in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue
    return found
