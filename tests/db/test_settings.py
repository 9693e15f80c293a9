"""A secret that is missing, short or known to everybody stops the program, which names the variable and never its value."""

import os
import subprocess
import sys
from base64 import b64decode, b64encode

import pytest

from db.refusal import Refusal
from db.settings import WELL_KNOWN, clone, load

GOOD = {
    "DATABASE_URL": "postgresql://app_api:q8Zr-first@db.example/rowkeep",
    "AUTH_DATABASE_URL": "postgresql://app_auth:q8Zr-second@db.example/rowkeep",
    "TOKEN_KEYS": "q8Zr3vN1tYw5Lx7Kc9Jd2Hf4Gs6Ba0Pe/u4+T1oXmIk=",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A good one, to be spoiled; nothing of the developer's own."""
    for name in (
        "SEAL_KEY",
        "POOLER",
        "TOKEN_MINUTES",
        "POOL_SIZE",
        "AUTH_POOL_SIZE",
        "REQUEST_SECONDS",
        "MAX_BODY_BYTES",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refused() -> str:
    with pytest.raises(Refusal) as refusal:
        load()
    sentence = str(refusal.value)
    for value in os.environ.values():
        assert "q8Zr" not in value or value not in sentence
    assert "q8Zr" not in sentence
    return sentence


@pytest.mark.usefixtures("environment")
def test_good_settings_cannot_be_refused_or_show_a_secret() -> None:
    settings = load()
    assert settings.token_seeds == [b64decode(GOOD["TOKEN_KEYS"])]
    for shown in (str(settings), repr(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert "q8Zr" not in shown


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_secret_has_no_default(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    assert refused().startswith(f"{name}: field required")


@pytest.mark.parametrize(
    "wrong", ["", "q8Zr", GOOD["TOKEN_KEYS"][:-4], GOOD["TOKEN_KEYS"] + ",", "é" * 44, f"{GOOD['TOKEN_KEYS']},x"]
)
def test_a_token_key_that_is_not_32_bytes_is_refused(environment: pytest.MonkeyPatch, wrong: str) -> None:
    environment.setenv("TOKEN_KEYS", wrong)
    assert "TOKEN_KEYS has a key that is not 32 bytes in base64: set it to the output of `openssl rand -base64 32`" in refused()


@pytest.mark.parametrize("seed", ["a" * 32, "q8Zr" * 8, "changeme" * 4, "password" * 4, " " * 32])
def test_a_guessable_token_key_is_refused(environment: pytest.MonkeyPatch, seed: str) -> None:
    environment.setenv("TOKEN_KEYS", f"{GOOD['TOKEN_KEYS']},{b64encode(seed.encode()).decode()}")
    assert "TOKEN_KEYS has a guessable key" in refused()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("q8Zr is no base64!", "is not base64"),
        (b64encode(b"q8Zr" * 7).decode(), "is shorter than 32 bytes"),
        ("", "is shorter than 32 bytes"),
        (b64encode(b"q8Zr" * 8).decode(), "is guessable"),
        (b64encode(b"\0" * 64).decode(), "is guessable"),
    ],
)
def test_a_weak_seal_key_is_refused(environment: pytest.MonkeyPatch, key: str, said: str) -> None:
    environment.setenv("SEAL_KEY", key)
    assert refused() == f"SEAL_KEY {said}: set it to the output of `openssl rand -base64 32`"


def test_a_strong_seal_key_is_no_secret_that_shows(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SEAL_KEY", GOOD["TOKEN_KEYS"])
    settings = load()
    assert settings.seal is not None and settings.seal.backend
    assert "q8Zr" not in repr(settings) + repr(settings.seal) + repr(vars(settings))
    environment.setenv("POOLER", "true")
    assert load().seal is not None and not load().seal.backend  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["DATABASE_URL", "AUTH_DATABASE_URL"])
@pytest.mark.parametrize("password", [*sorted(WELL_KNOWN - {""}), "PostGres", "%70assword"])
def test_a_database_password_that_everybody_knows_is_refused(environment: pytest.MonkeyPatch, name: str, password: str) -> None:
    environment.setenv(name, f"postgresql://app_api:{password}@db/rowkeep")
    sentence = refused()
    assert sentence.startswith(f"{name} has a password that everybody knows")
    assert "db/rowkeep" not in sentence


def test_a_database_password_that_everybody_knows_cannot_hide_in_the_query(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://app_api@db/rowkeep?password=changeme")
    assert refused().startswith("DATABASE_URL has a password that everybody knows")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_MINUTES", "q8Zr"),
        ("POOL_SIZE", "0"),
        ("REQUEST_SECONDS", "-1"),
        ("MAX_BODY_BYTES", "q8Zr"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused_by_name(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    assert refused().startswith(f"{name}: ")


@pytest.mark.parametrize("url", ["", "q8Zr", "http://mail.example", "smtp://"])
def test_a_mail_server_that_is_none_is_refused(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("SMTP_URL", url)
    environment.setenv("MAIL_FROM", "no-reply@rowkeep.example")
    assert refused().startswith("SMTP_URL is not smtp://host:port")


def test_mails_cannot_come_from_nobody(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SMTP_URL", "smtps://user:q8Zr@mail.example")
    assert refused().startswith("SMTP_URL is set and MAIL_FROM is not")
    environment.setenv("MAIL_FROM", "no-reply@rowkeep.example")
    assert "q8Zr" not in repr(load())


def test_a_refused_program_prints_one_sentence_and_no_secret() -> None:
    spoiled = os.environ | GOOD | {"TOKEN_KEYS": "q8Zr-too-short"}
    program = [sys.executable, "-c", "import api.app; api.app.create_app()"]
    ended = subprocess.run(program, cwd=clone(), env=spoiled, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.strip().count("\n") == 0, ended.stderr
    assert "TOKEN_KEYS" in ended.stderr
    assert "q8Zr" not in ended.stderr
