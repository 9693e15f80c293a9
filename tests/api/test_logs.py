"""Nothing secret reaches a log: a whole process at log level debug, and every way to hand it a secret, right and wrong."""

import asyncio
import os
import re
import signal
import socket
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from time import time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pyotp

from db.settings import clone
from tests.postbox import Postbox, postbox
from tests.sealing import seal_key
from tests.server import Database

SERVE = """
import logging, socket, sys, uvicorn
logging.basicConfig(level=logging.DEBUG)
# Statements; at DEBUG it writes rows too, which nobody asks for by the level of the root.
logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
from api.app import create_app
uvicorn.run(create_app(), fd=int(sys.argv[1]), log_level="debug", log_config=None)
"""
KEYS = b64encode(sha256(b"planted").digest()).decode()


class Run:
    """The process, whoever talks to it, and the secrets that were told on the way."""

    def __init__(self, client: httpx.AsyncClient, box: Postbox) -> None:
        self.client, self.box, self.secrets, self.access = client, box, set[str](), ""

    def planted(self, secret: str) -> str:
        """A secret, remembered."""
        self.secrets.add(secret)
        return secret

    async def post(self, path: str, status: int, **body: Any) -> Any:
        """What is answered, whose secrets are secrets too."""
        headers = {"Authorization": f"Bearer {self.access}"} if self.access else {}
        form = {"data": body} if path == "auth/token" else {"json": body}
        answer = await self.client.post(f"/v1/{path}", headers=headers, **form)  # type: ignore[arg-type]
        assert answer.status_code == status, (path, answer.text)
        found = answer.json() if answer.content else {}
        for name in ("access_token", "refresh_token", "device_token", "secret", "token"):
            if isinstance(found, dict) and found.get(name):
                self.secrets |= {found[name], *found[name].split(".")[1:]}
        return found

    async def mailed(self, email: str, count: int) -> str:
        """The token of the newest of so many mails."""
        return self.planted(await self.box.token(email, count))


@asynccontextmanager
async def running(database: Database, box: Postbox, log: list[str]) -> AsyncIterator[Run]:
    """A process of its own; what it wrote, once it has ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        variables = {
            "DATABASE_URL": database.api,
            "AUTH_DATABASE_URL": database.auth,
            "TOKEN_KEYS": KEYS,
            "SMTP_URL": box.url,
            "MAIL_FROM": "no-reply@rowkeep.example",
            "VERIFY_EMAIL": "1",
            "FREE_GUESSES": "50",
            **({"SEAL_KEY": str(seal_key())} if seal_key() else {}),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVE, str(listener.fileno()), cwd=clone(), env=os.environ | variables,
            pass_fds=[listener.fileno()], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None
        reading = asyncio.create_task(process.stdout.read())
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base, timeout=60) as client:
                assert (await client.get("/livez")).status_code == 200
                yield Run(client, box)
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            log.append((await reading).decode())
            await process.wait()


async def everything(run: Run, email: str) -> None:
    """Each call that takes or gives a secret, right and wrong."""
    first, second, wrong = (run.planted(f"planted-{word}-{uuid4().hex}") for word in ("first", "second", "wrong"))
    for _ in range(2):
        await run.post("auth/signup", 201, email=email, password=first, name="Ada")
    await run.post("auth/password", 204, token=await run.mailed(email, 2), password=first)
    await run.post("auth/token", 401, username=email, password=wrong, device_token=run.planted(f"device-{uuid4().hex}.x"))
    run.access = (await run.post("auth/token", 200, username=email, password=first))["access_token"]
    tokens = await run.post("auth/token", 200, username=email, password=first)
    for _ in range(2):
        await run.post("auth/refresh", 200, refresh_token=tokens["refresh_token"])
    await run.post("auth/refresh", 401, refresh_token=f"{uuid4().hex}.{run.planted(uuid4().hex)}")
    await run.post("me/password", 422, current=wrong, new=second)
    authenticator = await run.post("me/totp", 201, current=first)
    code = run.planted(pyotp.TOTP(authenticator["secret"]).at(time()))
    codes = (await run.post("me/totp/confirm", 200, code=code))["recovery_codes"]
    for each in codes:
        run.secrets |= {each, each.replace("-", "")}
    await run.post("auth/token", 401, username=email, password=first, code=code)
    await run.post("auth/token", 200, username=email, password=first, code=codes[0])
    await run.post("me/totp/disable", 204, current=first, code=codes[1])
    await run.post("me/email", 204, current=first, email=f"new.{email}")
    await run.post("auth/email", 204, token=await run.mailed(f"new.{email}", 1))
    email = f"new.{email}"
    await run.post("auth/reset", 204, email=email)
    await run.post("auth/password", 204, token=await run.mailed(email, 2), password=second)
    await run.post("auth/password", 422, token=run.planted(uuid4().hex), password=second)
    run.access = (await run.post("auth/token", 200, username=email, password=second))["access_token"]
    workspace = (await run.post("workspaces", 201, name="w"))["id"]
    invitation = await run.post("invitations", 201, workspace_id=workspace, role="viewer")
    await run.post("invitations/accept", 409, token=invitation["token"])
    # Wrong in form: in another field, in no JSON, as another kind, in a header that is none.
    await run.post("auth/signup", 422, email=run.planted(uuid4().hex), password=second, name="")
    await run.post("auth/signup", 422, email=email, password=[second], unknown=wrong)
    for content in (f'{{"email": "{email}", "password": "{second}"', f"password={second}", f'["{second}"]'):
        assert (await run.client.post("/v1/auth/signup", content=content)).status_code == 422
    forged = run.planted(f"{run.access[:-3]}xyz")
    assert (await run.client.get("/v1/me", headers={"Authorization": f"Bearer {forged}"})).status_code == 401
    assert (await run.client.get("/v1/me", headers={"Authorization": f"Basic {run.planted(uuid4().hex)}"})).status_code == 401


async def unforeseen(run: Run, owner: psycopg.Connection[Any]) -> None:
    """What nobody foresaw is logged whole: statement, traceback, and no parameter. The watch may see it first: then again."""
    body = {"token": run.planted(uuid4().hex), "password": run.planted("planted-last-password")}
    async with asyncio.timeout(60):
        while True:
            owner.execute("alter function auth.reset_password(text) rename to gone")
            status = (await run.client.post("/v1/auth/password", json=body)).status_code
            owner.execute("alter function auth.gone(text) rename to reset_password")
            if status == 500:
                return
            while (await run.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.1)


async def test_no_secret_reaches_the_log_of_a_whole_run(own_database: Database) -> None:
    log: list[str] = []
    async with postbox() as box, running(own_database, box, log) as run:
        await everything(run, f"{uuid4().hex}@example.com")
        with psycopg.connect(own_database.owner, autocommit=True) as owner:
            hashes = {row[0] for row in owner.execute("select password_hash from auth.credentials")}
            await unforeseen(run, owner)
    (written,) = log
    assert "unexpected" in written and "auth.reset_password" in written and "/v1/auth/token" in written
    run.secrets |= hashes | {KEYS, str(urlsplit(own_database.api).password), str(seal_key() or KEYS)}
    assert len(run.secrets) > 40
    told = [secret for secret in run.secrets if re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", written)]
    assert told == [] and not any(secret in written for secret in run.secrets if len(secret) > 6)
    assert not re.search(r"\$argon2|[0-9]{10}\.[0-9]+\.[0-9a-f]{64}", written), "a hash, or a seal"
    assert "--- mail" not in written, "mails are printed where there is no server alone"
