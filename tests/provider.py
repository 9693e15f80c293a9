"""A provider of access tokens: a process of its own that serves a folder over HTTP, and keys that sign here."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

AUDIENCE = "https://api.example.com"
DISCOVERY, JWKS = ".well-known_openid-configuration", "jwks.json"


class Files(BaseHTTPRequestHandler):
    """`<name>` is answered as it is, `<name>.answer` says a status and headers; each request is a line of `asked`."""

    folder: Path

    def do_GET(self) -> None:
        name = self.path.strip("/").replace("/", "_")
        with (self.folder / "asked").open("a") as asked:
            asked.write(f"{name}\n")
        found, answer = self.folder / name, self.folder / f"{name}.answer"
        status, headers = json.loads(answer.read_text()) if answer.exists() else (200 if found.exists() else 404, {})
        body = found.read_bytes() if found.exists() else b""
        self.send_response(status)
        for header, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Signer:
    """One key of the provider's."""

    def __init__(self, kind: str = "RS256", bits: int = 2048) -> None:
        self.kid, self.algorithm = uuid4().hex, kind
        self.private: Any = (
            rsa.generate_private_key(65537, bits) if kind.startswith("RS") else ec.generate_private_key(ec.SECP256R1())
        )

    @property
    def jwk(self) -> dict[str, Any]:
        """As it is published."""
        make = jwt.get_algorithm_by_name(self.algorithm)
        shown: dict[str, Any] = make.to_jwk(self.private.public_key(), as_dict=True)
        return shown | {"kid": self.kid, "use": "sig", "alg": self.algorithm}


class Provider:
    """The process, what it publishes, and tokens that it would issue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signer = Signer()
        self.start()
        self.issuer = f"http://127.0.0.1:{(folder / 'port').read_text()}"
        self.publish(DISCOVERY, {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/{JWKS}"})
        self.publish(JWKS, {"keys": [self.signer.jwk]})

    def start(self) -> None:
        """On the port that it had before, if any."""
        (self.folder / "ready").unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-m", "tests.provider", str(self.folder)])
        end = time.monotonic() + 60
        while not (self.folder / "ready").exists():
            assert time.monotonic() < end and self.process.poll() is None, "the provider did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        """An outage."""
        self.process.terminate()
        self.process.wait()

    def publish(self, name: str, document: Any, status: int = 200, **headers: str) -> None:
        """What it answers from now on."""
        (self.folder / name).write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        (self.folder / f"{name}.answer").write_text(json.dumps([status, headers]))

    def rotate(self, signer: Signer, *, keep: bool) -> None:
        """Signs with another key from now on; the one before is still published, or not."""
        self.publish(JWKS, {"keys": [signer.jwk, *([self.signer.jwk] if keep else [])]})
        self.signer = signer

    @property
    def asked(self) -> list[str]:
        """What was fetched so far."""
        return (self.folder / "asked").read_text().split() if (self.folder / "asked").exists() else []

    def claims(self, subject: str, **changes: Any) -> dict[str, Any]:
        """Right but for the changes; None takes one away."""
        now = int(datetime.now(UTC).timestamp())
        right = {"iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 600}
        return {name: value for name, value in (right | changes).items() if value is not None}

    def token(self, subject: str, header: dict[str, Any] | None = None, signer: Signer | None = None, **changes: Any) -> str:
        """An access token."""
        by = signer or self.signer
        headers = {"kid": self.signer.kid} | (header or {})
        return jwt.encode(self.claims(subject, **changes), by.private, by.algorithm, headers=headers)


async def asks(client: httpx.AsyncClient, token: str, method: str = "GET", path: str = "/v1/me", **more: Any) -> httpx.Response:
    """A request with this token."""
    return await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)


def main(folder: Path) -> None:
    """Serves until it is ended."""
    known = folder / "port"
    Files.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", int(known.read_text()) if known.exists() else 0), Files)
    known.write_text(str(server.server_port))
    (folder / "ready").touch()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
