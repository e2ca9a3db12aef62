#!/usr/bin/env python3
"""Interrupts the demo's run of the example at ten points, as Ctrl-C does, and looks for what is left of it.

No process, no mount and no temporary file may stay. Needs nothing but Python itself, and the built executables.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from programs import PATIENCE, ROOT, Program, leftovers, product, wait_until

# After how many lines of the demo's about 70, and how many milliseconds later: the lines place the point whatever the
# machine's speed, the milliseconds move it into what the line announces.
POINTS = [(0, 0), (0, 40), (1, 0), (2, 20), (3, 60), (5, 0), (8, 120), (14, 30), (30, 80), (52, 10)]


class Demo(Program):
    """The demo without its project: the service, and the agent over all tasks."""

    def __init__(self, folder: pathlib.Path):
        super().__init__("demo.sh", "--run-only", folder=folder, path=ROOT / "Tests" / "Interop" / "demo.sh")

    def interrupt(self) -> int:
        """Sends the signal to all of its group, as a terminal does; returns the exit code, as a shell sees it."""
        try:
            os.killpg(self.process.pid, signal.SIGINT)
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"it did not end:\n{self.output}") from None
        return 128 - code if code < 0 else code


def interrupt(folder: pathlib.Path, lines: int, milliseconds: int) -> str:
    """Interrupts a new run at a point; returns what it was doing. Fails if anything stays."""
    demo = Demo(folder)

    def is_there() -> bool:
        assert demo.process.poll() is None, f"it ended by itself:\n{demo.output}"
        return len(demo.output.splitlines()) >= lines

    wait_until(is_there, f"{lines} lines of the demo")
    time.sleep(milliseconds / 1000)
    last = (demo.output.splitlines() or ["its start"])[-1]
    code = demo.interrupt()
    left = leftovers(demo.temporary)
    assert left == [], "\n".join(left)
    assert code == 130, f"it exited with {code}:\n{demo.output}"
    return last


def main() -> int:
    product("runner")  # the executables are found before the demo is started, which would build them
    failures = 0
    with tempfile.TemporaryDirectory(prefix="interrupt.") as folder:
        for number, (lines, milliseconds) in enumerate(POINTS, 1):
            point = f"{lines} lines and {milliseconds} ms"
            try:
                last = interrupt(pathlib.Path(folder) / str(number), lines, milliseconds)
                print(f"interrupted after {point}, at '{last}': nothing left", flush=True)
            except AssertionError as failure:
                failures += 1
                print(f"FAILED: interrupted after {point}: {failure}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
