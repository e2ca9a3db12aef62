"""Programs of the toolkit as processes: started, awaited, stopped, and checked for what they leave behind."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

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


def product(name: str) -> pathlib.Path:
    """The path of an executable: in `INTEROP_PRODUCTS`, else where the package's debug build has it."""
    folder = os.environ.get("INTEROP_PRODUCTS")
    if not folder:
        command = ["swift", "build", "--package-path", ROOT, "--show-bin-path"]
        folder = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        os.environ["INTEROP_PRODUCTS"] = folder
    return pathlib.Path(folder) / name


class Program:
    """A process with files for its output and a folder of its own for temporary files."""

    def __init__(
        self, name: str, *arguments: str, folder: pathlib.Path, path: pathlib.Path | None = None,
        environment: dict[str, str] | None = None,
    ):
        self.name = name
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [path or product(name), *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT,
                env=os.environ | {"TMPDIR": str(self.temporary)} | (environment or {}), start_new_session=True,
                # A shell may have started us with it ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

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


    @contextlib.contextmanager
    def faults(self, faults: list[dict]):
        """Has these go wrong for the time of a block; each must strike."""
        self._faults("PUT", {"faults": faults})
        try:
            yield
            struck = self._faults("GET")["faults"]
            assert all(fault["strikes"] > 0 for fault in struck), struck
        finally:
            self._faults("DELETE")

    def _faults(self, method: str, plan: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.api_url.removesuffix("/api") + "/faults", json.dumps(plan).encode() if plan else None,
            {"Authorization": f"Bearer {self.api_key}"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


class ShellTasks(Program):
    """The example service on a free port."""

    def __init__(self, folder: pathlib.Path, *arguments: str, environment: dict[str, str] | None = None):
        super().__init__("shell-tasks", "--port", "0", *arguments, folder=folder, environment=environment)
        self.url = self.announced(r"serving \S+ on (http://\S+)")
        self.stream_url = self.url.replace("http", "ws", 1)


def leftovers(folder: pathlib.Path) -> list[str]:
    """Files, mounts and processes that still have to do with the folder; never those of other runs on the machine."""
    text = str(folder)
    found = [f"file {path}" for path in folder.rglob("*")]
    found += [f"mount {line}" for line in mounts() if text in line]
    own_mounts = os.readlink("/proc/self/ns/mnt")
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            traces = [(process / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
            traces += [os.readlink(process / name) for name in ("cwd", "root")]
            # Inside a sandbox the folder has another name, but the kernel tells what the sandbox's root was made of.
            if os.readlink(process / "ns" / "mnt") != own_mounts:
                traces.append((process / "mountinfo").read_text(errors="replace"))
        except OSError:
            continue  # it has ended, or is not ours
        if any(text in trace for trace in traces):
            found.append(f"process {process.name} {traces[0].replace(chr(0), ' ')}")
    return found


def mounts() -> list[str]:
    """What is mounted on the machine, a line each."""
    return sorted(pathlib.Path("/proc/self/mountinfo").read_text(errors="replace").splitlines())


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
