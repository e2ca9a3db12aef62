"""A server under test as a process: started, observed through /proc, stopped."""

import os
import re
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def build(product, package="."):
    """Builds a product for release; returns its path."""
    command = ["swift", "build", "-c", "release", "--package-path", os.path.join(ROOT, package)]
    subprocess.run(command + ["--product", product], check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run(command + ["--show-bin-path"], check=True, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), product)


def certificate(folder):
    """A self-signed certificate for localhost, and its key."""
    paths = [os.path.join(folder, name) for name in ("certificate.pem", "key.pem")]
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command.split() + names, check=True, capture_output=True)
    return paths


class Server:
    """Runs a command that prints its address."""

    def __init__(self, command):
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = subprocess.Popen(command, stderr=self.log, stdout=self.log)
        deadline = time.monotonic() + 20
        while True:
            with open(self.log.name) as log:
                found = re.search(r"https?://127\.0\.0\.1:(\d+)", log.read())
            if found:
                self.secure, self.port = found.group(0).startswith("https"), int(found.group(1))
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start: " + " ".join(command))
            time.sleep(0.02)

    def _path(self, name):
        return "/proc/%d/%s" % (self.process.pid, name)

    def resident(self):
        """Resident memory in bytes."""
        with open(self._path("statm")) as file:
            return int(file.read().split()[1]) * PAGE_BYTES

    def descriptors(self):
        return len(os.listdir(self._path("fd")))

    def threads(self):
        return len(os.listdir(self._path("task")))

    def tasks(self):
        """The number of live tasks in `ws-echo`, including that of the asking connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            with self._secured(plain) as connection:
                connection.sendall(b"GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
        return int(re.search(rb"\r\n\r\ntasks (\d+)\n", answer).group(1))

    def _secured(self, plain):
        if not self.secure:
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname="localhost")

    def cpu(self):
        """Processor time in seconds."""
        with open(self._path("stat")) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def wait_for_descriptors(self, most, seconds):
        """Waits until no more than `most` descriptors are open; returns whether that happened in time."""
        return self._wait(self.descriptors, most, seconds)

    def wait_for_tasks(self, most, seconds):
        """Waits until no more than `most` tasks are live; returns whether that happened in time."""
        return self._wait(self.tasks, most, seconds)

    def _wait(self, count, most, seconds):
        deadline = time.monotonic() + seconds
        while count() > most:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def stop(self):
        """Sends SIGTERM; returns the exit status."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None
