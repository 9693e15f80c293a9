"""Settings come from the environment alone; a missing secret, or one that everybody knows, stops the program."""

import hmac
from base64 import b64decode
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings

from db.issued import Claim, Issued, issued
from db.refusal import Refusal
from db.seal import Seal, decoded

WELL_KNOWN = {
    "postgres",
    "password",
    "secret",
    "changeme",
    "change-me",
    "rowkeep",
    "app_api",
    "app_auth",
    "admin",
    "test",
}


class Settings(BaseSettings):
    """One process's configuration."""

    database_url: SecretStr = Field(description="Login app_api: what requests use.")
    auth_database_url: SecretStr = Field(description="Login app_auth: what sign-up and sign-in use.")
    token_keys: SecretStr = Field(description="Keys of access tokens, base64 of 32 bytes each; the first signs, all verify.")
    seal_key: SecretStr | None = Field(default=None, description="Seals identities; base64 of 32 bytes or more.")
    pooler: bool = Field(default=False, description="A pooler in transaction mode stands before the database, and resets.")
    token_minutes: int = Field(default=15, ge=1, le=24 * 60, description="How long an access token is good for.")
    revocation_seconds: float = Field(
        default=2, gt=0, le=3600, description="An ended session's access tokens stop within this."
    )
    # RFC 9106's second recommendation is 64 MiB; OWASP's minimum is 19 MiB and 2 passes, kept for small machines.
    password_memory_kib: int = Field(default=19 * 1024, ge=8 * 1024, le=4 * 1024 * 1024, description="Memory of one hash.")
    password_passes: int = Field(default=2, ge=1, le=100, description="Passes of one hash.")
    password_hashes: int = Field(default=2, ge=1, le=64, description="Hashes at once, in each process.")
    free_guesses: int = Field(default=5, ge=1, le=1000, description="Wrong passwords per account and network without a wait.")
    network_guesses: int = Field(default=100, ge=1, le=1_000_000, description="The same per network, at any accounts.")
    first_wait: int = Field(
        default=1, ge=1, le=3600, description="Seconds that the first guess beyond waits; then twice as long."
    )
    longest_wait: int = Field(default=900, ge=1, le=24 * 3600, description="Seconds that a guess waits at most.")
    smtp_url: SecretStr | None = Field(default=None, description="smtp[s]://user:password@host:port; else mails are printed.")
    mail_from: str = Field(default="", max_length=320, description="Whom mails come from; needed with SMTP_URL.")
    public_url: str = Field(default="http://127.0.0.1:8000", pattern="^https?://", description="Where links in mails lead.")
    mail_seconds: float = Field(default=30, gt=0, le=3600, description="How often mails of other processes are looked for.")
    verify_email: bool = Field(default=False, description="New accounts are of no use before their address is verified.")
    pool_size: int = Field(default=10, ge=1, le=500, description="Connections of app_api per process.")
    auth_pool_size: int = Field(default=3, ge=1, le=100, description="Connections of app_auth per process.")
    request_seconds: float = Field(default=30, gt=0, description="A request that takes longer is cancelled and rolled back.")
    oidc_issuer: str | None = Field(default=None, description="A provider whose access tokens count; docs/providers.md.")
    oidc_audience: str | None = Field(default=None, description="Whom its tokens must be made for: this API's name there.")
    oidc_audience_claim: Claim = Field(default="aud", description="Where they say so: aud, or client_id (Cognito).")
    export_seconds: float = Field(default=600, gt=0, description="An export of somebody's data that takes longer is cut off.")
    watch_seconds: float = Field(
        default=2, gt=0, le=3, description="How often a process looks whether the database was weakened."
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="A larger request body is refused.")

    @model_validator(mode="after")
    def refuse_well_known_secrets(self) -> "Settings":
        """Raises ValueError saying which variable to change, and to what."""
        for seed in self.token_seeds:
            if len(set(seed)) < 16:
                raise ValueError("TOKEN_KEYS has a guessable key: set it to the output of `openssl rand -base64 32`")
        issued(self.oidc_issuer, self.oidc_audience, self.oidc_audience_claim)
        if self.seal_key is not None:
            decoded(self.seal_key.get_secret_value())
        for name in ("database_url", "auth_database_url"):
            # libpq reads the password wherever in the URL it stands.
            password = conninfo_to_dict(psycopg_url(getattr(self, name).get_secret_value())).get("password")
            if str(password).lower() in WELL_KNOWN:
                raise ValueError(
                    f"{name.upper()} has a password that everybody knows: give the login one of its own, `make password`"
                )
        if self.smtp_url is not None:
            where = urlsplit(self.smtp_url.get_secret_value())
            if where.scheme not in {"smtp", "smtps"} or not where.hostname:
                raise ValueError("SMTP_URL is not smtp://host:port or smtps://host:port: mend it, or unset it to print mails")
            if not self.mail_from:
                raise ValueError("SMTP_URL is set and MAIL_FROM is not: say whom mails come from")
        return self

    @property
    def seal(self) -> Seal | None:
        """What seals identities; None on a database without a key."""
        if self.seal_key is None:
            return None
        return Seal(decoded(self.seal_key.get_secret_value()), backend=not self.pooler)

    @property
    def issued(self) -> Issued | None:
        """Which provider's tokens count; None without one."""
        return issued(self.oidc_issuer, self.oidc_audience, self.oidc_audience_claim)

    @property
    def token_seeds(self) -> list[bytes]:
        """The keys of access tokens.

        Raises: ValueError where one is not 32 bytes in base64.
        """
        return [_seed(word.strip()) for word in self.token_keys.get_secret_value().split(",")]

    def derived(self, purpose: str) -> list[bytes]:
        """A key for each of TOKEN_KEYS, in their order: a key does one thing, and none tells another."""
        return [hmac.digest(seed, purpose.encode(), "sha256") for seed in self.token_seeds]


def _seed(word: str) -> bytes:
    with suppress(ValueError):
        seed = b64decode(word, validate=True)
        if len(seed) == 32:
            return seed
    raise ValueError("TOKEN_KEYS has a key that is not 32 bytes in base64: set it to the output of `openssl rand -base64 32`")


def load() -> Settings:
    """The settings of this environment.

    Raises: Refusal, naming the variable; values are not repeated, since they may be secrets.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        if first["type"] == "value_error":
            raise Refusal(first["msg"].removeprefix("Value error, ")) from None
        name = str(first["loc"][0])
        purpose = Settings.model_fields[name].description
        raise Refusal(f"{name.upper()}: {first['msg'].lower()}. {purpose}") from None


def sqlalchemy_url(url: str) -> str:
    """A plain Postgres URL for SQLAlchemy with psycopg."""
    return "postgresql+psycopg://" + url.partition("://")[2]


def psycopg_url(url: str) -> str:
    """The same URL for libpq."""
    return "postgresql://" + url.partition("://")[2]


@cache
def clone() -> Path:
    """The folder that this code runs from."""
    return Path(__file__).resolve().parent.parent
