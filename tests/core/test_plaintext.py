"""In production nothing leaves this machine in the clear unless somebody says by name that the line is safe."""

import pytest

from portal.settings import Misconfigured, Settings

SAFE = {
    "PORTAL_ENV": "production",
    "PORTAL_PUBLIC_URL": "https://paga.example.it",
    "PORTAL_SMTP_HOST": "relay.example.it",
    "PORTAL_SMTP_STARTTLS": "yes",
    "PORTAL_DATABASE_URL": "postgresql://portal@db.example.it/portal?sslmode=verify-full",
    "PORTAL_LIMITS_URL": "rediss://cache.example.it/0",
}
IN_THE_CLEAR = {
    "smtp": {"PORTAL_SMTP_STARTTLS": "no"},
    "postgresql": {"PORTAL_DATABASE_URL": "postgresql://portal@db.example.it/portal"},
    "postgresql prefer": {"PORTAL_DATABASE_URL": "postgresql://portal@db.example.it/portal?sslmode=prefer"},
    "postgresql owner": {"PORTAL_MIGRATION_URL": "postgresql://owner@10.0.0.7/portal"},
    "postgresql named": {"PORTAL_DATABASE_URL": "postgresql:///portal?host=db.example.it"},
    "redis": {"PORTAL_LIMITS_URL": "redis://cache.example.it/0"},
    "redis queue": {"PORTAL_QUEUE_URL": "redis://10.0.0.8/1"},
}


@pytest.mark.parametrize("what", IN_THE_CLEAR)
def test_the_start_is_refused_and_says_what_to_set(what: str) -> None:
    name = what.split(maxsplit=1)[0]
    with pytest.raises(Misconfigured, match=f"PORTAL_ALLOWED_PLAINTEXT={name}"):
        Settings.read({**SAFE, **IN_THE_CLEAR[what]})
    Settings.read({**SAFE, **IN_THE_CLEAR[what], "PORTAL_ALLOWED_PLAINTEXT": f"other,{name}"})
    Settings.read({**SAFE, **IN_THE_CLEAR[what], "PORTAL_ENV": "development"})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"PORTAL_SMTP_STARTTLS": "no", "PORTAL_SMTP_PORT": "465"},
        {"PORTAL_SMTP_STARTTLS": "no", "PORTAL_SMTP_HOST": "localhost"},
        {"PORTAL_DATABASE_URL": "postgresql://portal@127.0.0.1/portal"},
        {"PORTAL_DATABASE_URL": "postgresql:///portal?host=/run/postgresql"},
        {"PORTAL_LIMITS_URL": "redis://localhost/0", "PORTAL_DATABASE_URL": "sqlite:////srv/portal.sqlite"},
    ],
)
def test_this_machine_and_encrypted_lines_are_fine(values: dict[str, str]) -> None:
    assert Settings.read({**SAFE, **values}).in_production
