"""Every setting of the installation, read once from the environment; a plug-in's own settings sit beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from environs import Env

ROOT = Path(__file__).resolve().parent.parent  # templates, translations and migrations are found from here
PRODUCTION = "production"
IMPLICIT_TLS = 465  # the port on which a relay speaks TLS from the first byte
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


class Misconfigured(Exception):
    """The installation cannot start like this; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """How mail leaves: host and port of the relay, credentials if it wants them, STARTTLS or not."""

    host: str = "127.0.0.1"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    sender: str = "portal@localhost"
    timeout_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Sms:
    """How texts leave: an HTTP gateway's address, its token, and what it is sent (portal.messages.channels.sms).

    `body` is JSON or a form, with {to}, {text}, {sender} and {id} in its values; `header` is where the token goes.
    """

    url: str = ""
    token: str = field(default="", repr=False)
    sender: str = ""
    body: str = '{"id": "{id}", "from": "{sender}", "to": "{to}", "text": "{text}"}'
    header: str = "Authorization: Bearer {token}"
    receipts: bool = False  # the gateway reports what arrived (docs/systems.md): a text counts from that report
    timeout_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Seal:
    """What seals papers, if anything: the operator's key and certificate (PKCS#12), an authority for timestamps
    (RFC 3161, over https), or both (portal.documents.seals; the extra `sign`)."""

    file: Path | None = None
    password: str = field(default="", repr=False)
    timestamp_url: str = ""
    timestamp_user: str = ""
    timestamp_password: str = field(default="", repr=False)
    timeout_seconds: float = 20.0

    @property
    def is_on(self) -> bool:
        return self.file is not None or bool(self.timestamp_url)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the portal: shown where no creditor can be named (decision 6)."""

    name: str = "Debtor Portal"
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    environment: str
    database_url: str
    migration_url: str
    queue_url: str
    limits_url: str
    public_url: str
    staff_host: str
    keys_file: Path
    files_dir: Path
    trail_dir: Path
    exchange_dir: Path | None  # files for the creditors' systems, a folder for each; none: no such files
    trusted_proxies: int
    allowed_loopback: frozenset[str]
    allowed_plaintext: frozenset[str]  # of smtp, postgresql, redis: what may leave this machine without TLS
    stripe_api_base: str
    checkout_origins: tuple[str, ...]
    smtp: Smtp
    sms: Sms
    operator: Operator
    seal: Seal = field(default_factory=Seal)
    report_secrets: tuple[tuple[str, str], ...] = field(
        default=(), repr=False
    )  # portal.messages.reports: shape, secret
    clamav: str = ""  # `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`; nothing: files are not scanned

    @property
    def in_production(self) -> bool:
        return self.environment == PRODUCTION

    @property
    def over_https(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Settings from `environ` (default: the process's); raises Misconfigured with what to change."""
        env = Env()
        if environ is None:
            env.read_env(ROOT / ".env", recurse=False)
        values = _Reader(env, environ)
        var = ROOT / "var"
        settings = cls(
            environment=values("PORTAL_ENV", "development"),
            database_url=values("PORTAL_DATABASE_URL", f"sqlite:///{var / 'portal.sqlite'}"),
            migration_url=values("PORTAL_MIGRATION_URL", ""),
            queue_url=values("PORTAL_QUEUE_URL", f"sqlite:///{var / 'queue.sqlite'}"),
            limits_url=values("PORTAL_LIMITS_URL", "memory://"),
            public_url=values("PORTAL_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
            staff_host=values("PORTAL_STAFF_HOST", ""),
            keys_file=Path(values("PORTAL_KEYS_FILE", str(var / "keys.json"))),
            files_dir=Path(values("PORTAL_FILES_DIR", str(var / "files"))),
            trail_dir=Path(
                values("PORTAL_TRAIL_DIR", "") or Path(values("PORTAL_FILES_DIR", str(var / "files"))) / "trail"
            ),
            exchange_dir=Path(values("PORTAL_EXCHANGE_DIR", "")) if values("PORTAL_EXCHANGE_DIR", "") else None,
            trusted_proxies=int(values("PORTAL_TRUSTED_PROXIES", "0")),
            allowed_loopback=frozenset(filter(None, values("PORTAL_ALLOWED_LOOPBACK", "").split(","))),
            allowed_plaintext=frozenset(filter(None, values("PORTAL_ALLOWED_PLAINTEXT", "").lower().split(","))),
            stripe_api_base=values("PORTAL_STRIPE_API_BASE", ""),
            checkout_origins=tuple(filter(None, values("PORTAL_CHECKOUT_ORIGINS", "").split(","))),
            smtp=Smtp(
                host=values("PORTAL_SMTP_HOST", "127.0.0.1"),
                port=int(values("PORTAL_SMTP_PORT", "25")),
                user=values("PORTAL_SMTP_USER", ""),
                password=values("PORTAL_SMTP_PASSWORD", ""),
                starttls=values("PORTAL_SMTP_STARTTLS", "no").lower() in {"1", "yes", "true"},
                sender=values("PORTAL_SMTP_SENDER", "portal@localhost"),
            ),
            sms=Sms(
                url=values("PORTAL_SMS_URL", ""),
                token=values("PORTAL_SMS_TOKEN", ""),
                sender=values("PORTAL_SMS_SENDER", ""),
                body=values("PORTAL_SMS_BODY", Sms().body),
                header=values("PORTAL_SMS_HEADER", Sms().header),
                receipts=values("PORTAL_SMS_RECEIPTS", "no").lower() in {"1", "yes", "true"},
            ),
            operator=Operator(
                name=values("PORTAL_OPERATOR_NAME", "Debtor Portal"),
                email=values("PORTAL_OPERATOR_EMAIL", ""),
                phone=values("PORTAL_OPERATOR_PHONE", ""),
            ),
            seal=Seal(
                file=Path(values("PORTAL_SEAL_FILE", "")) if values("PORTAL_SEAL_FILE", "") else None,
                password=values("PORTAL_SEAL_PASSWORD", ""),
                timestamp_url=values("PORTAL_TIMESTAMP_URL", ""),
                timestamp_user=values("PORTAL_TIMESTAMP_USER", ""),
                timestamp_password=values("PORTAL_TIMESTAMP_PASSWORD", ""),
            ),
            report_secrets=_pairs("PORTAL_REPORT_SECRETS", values("PORTAL_REPORT_SECRETS", "")),
            clamav=values("PORTAL_CLAMAV", ""),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuses what would not be safe to start with; raises Misconfigured."""
        host = urlsplit(self.public_url)
        if host.scheme not in {"http", "https"} or not host.hostname or host.path:
            raise Misconfigured("PORTAL_PUBLIC_URL must be an origin, like https://paga.example.it")
        if self.clamav and not re.fullmatch(r"unix:/.+|tcp:.+:[0-9]{1,5}", self.clamav):
            raise Misconfigured("PORTAL_CLAMAV must be like unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310")
        if not self.in_production:
            return
        if not self.over_https:
            raise Misconfigured("in production PORTAL_PUBLIC_URL must begin with https://")
        if self.allowed_loopback or self.stripe_api_base or self.checkout_origins:
            raise Misconfigured(
                "PORTAL_ALLOWED_LOOPBACK, PORTAL_STRIPE_API_BASE and PORTAL_CHECKOUT_ORIGINS are for demo and "
                "tests only: unset them in production"
            )
        for name, why in self._in_the_clear():
            if name not in self.allowed_plaintext:
                raise Misconfigured(f"in production {why}; is that line safe? PORTAL_ALLOWED_PLAINTEXT={name}")

    def _in_the_clear(self) -> Iterator[tuple[str, str]]:
        """What would leave this machine without TLS, and how to mend it."""
        if not (self.smtp.starttls or self.smtp.port == IMPLICIT_TLS or _is_here(self.smtp.host)):
            yield "smtp", "mail needs PORTAL_SMTP_STARTTLS=yes or port 465"
        for url in (self.database_url, self.migration_url, self.queue_url, self.limits_url):
            parts = urlsplit(url)
            named = parse_qs(parts.query)
            host = parts.hostname or named.get("host", [""])[0]
            if not host or host.startswith("/") or _is_here(host):
                continue
            if parts.scheme.startswith("postgres") and named.get("sslmode", [""])[-1] not in _ENCRYPTED:
                yield "postgresql", "PostgreSQL on another machine needs sslmode=verify-full (or require) in its URL"
            if parts.scheme == "redis":
                yield "redis", "Redis on another machine needs rediss://"


def _pairs(name: str, written: str) -> tuple[tuple[str, str], ...]:
    """`a=1,b=2`; raises Misconfigured for anything else, without quoting it."""
    pairs = [one.strip().partition("=") for one in written.split(",") if one.strip()]
    if not all(key and equals and value for key, equals, value in pairs):
        raise Misconfigured(f"{name} must be like generic=SECRET,twilio=SECRET")
    return tuple((key, value) for key, _, value in pairs)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Reader:
    """Reads a name from the given mapping, or from the environment (and `.env`) when none is given."""

    def __init__(self, env: Env, environ: Mapping[str, str] | None) -> None:
        self._env, self._environ = env, environ

    def __call__(self, name: str, default: str) -> str:
        if self._environ is not None:
            return self._environ.get(name, default)
        return str(self._env.str(name, default))
