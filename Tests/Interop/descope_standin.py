"""A stand-in of Descope: the exchange of access keys, and the keys of the project, on a port of this machine."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

PROJECT = "P2standin"


class Key:
    """A key that sessions are signed with."""

    def __init__(self, kid: str):
        self.kid = kid
        self.private = rsa.generate_private_key(65537, 2048)

    @property
    def jwk(self) -> dict:
        public = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return public | {"kid": self.kid, "alg": "RS256", "use": "sig"}

    def session(self, algorithm: str = "RS256", kid: str | None = None, **changes) -> str:
        """A session of one tenant; a change to None takes a claim out."""
        now = int(time.time())
        claims = {"sub": "access-key", "iss": PROJECT, "iat": now, "exp": now + 600, "tenants": {"T1": {}}} | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        secret = "a secret of thirty-two characters" if algorithm == "HS256" else self.private
        return jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": kid or self.kid})


class Descope:
    """Answers on `url`; `keys` are the project's, and `answers` says what becomes of each access key.

    An answer is a session, or a status, or a list of these for one exchange after the other, or a function that gives the
    bytes of a body.
    """

    def __init__(self):
        self.key = Key("first")
        self.keys = [self.key]
        self.answers = {}
        self.exchanges: list[str] = []
        self.fetches = 0
        self.mistakes: list[str] = []
        self.lock = threading.Lock()
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self.reply(*standin.exchange(self.path, dict(self.headers.items()), body))

            def do_GET(self):
                self.reply(*standin.fetch(self.path, dict(self.headers.items())))

            def reply(self, status: int, body: bytes):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def exchange(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        bearer = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        project, _, access_key = bearer.removeprefix("Bearer ").partition(":")
        if path != "/v1/auth/accesskey/exchange" or project != PROJECT or "loginOptions" not in json.loads(body):
            self.mistakes.append(f"{path} {bearer} {body!r}")
            return 400, b"{}"
        with self.lock:
            self.exchanges.append(access_key)
            answer = self.answers.get(access_key, 401)
            if isinstance(answer, list):
                answer = answer.pop(0)
        if callable(answer):
            return 200, answer()
        if isinstance(answer, int):
            return answer, b'{"errorCode":"E062108","errorDescription":"no"}'
        return 200, json.dumps({"sessionJwt": answer, "keyId": "K1", "expiration": int(time.time()) + 600}).encode()

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        bearer = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        if path != f"/v2/keys/{PROJECT}" or not bearer.startswith(f"Bearer {PROJECT}"):
            self.mistakes.append(f"{path} {bearer}")
            return 404, b"{}"
        with self.lock:
            self.fetches += 1
            return 200, json.dumps({"keys": [key.jwk for key in self.keys]}).encode()
