"""Codes that a person types: six digits of an authenticator app (RFC 6238), or one of ten recovery codes.

Pure arithmetic: whether a code is taken, and only once, is `portal.people.second_factor`'s business.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DRIFT = 1  # steps before and after: a telephone's clock is never quite ours
RECOVERY_CODES = 10
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: none that is read for another
_LETTERS_EACH = 10  # 50 bits behind the digit
_APP_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY = re.compile(rf"([0-9])([{_LETTERS}]{{{_LETTERS_EACH}}})", re.ASCII)
_MISREAD = str.maketrans("OIL", "011")


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def address(secret: str, *, account: str, issuer: str) -> str:
    """The otpauth address that the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(at: datetime) -> int:
    """The time step that `at` lies in."""
    return int(at.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """What the app shows in this step."""
    return pyotp.TOTP(secret).generate_otp(step)


def matching_step(secret: str, typed: str, at: datetime) -> int | None:
    """The step around `at` whose code was typed, or None. Six ASCII digits and nothing else (rule A-43)."""
    code = "".join(typed.split())
    if not _APP_CODE.fullmatch(code):
        return None
    here, found = step_of(at), None
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery code taken apart: its place among the ten, and the part that is hashed."""

    place: int
    letters: str

    def __str__(self) -> str:
        return f"{self.place}-{self.letters[:5]}-{self.letters[5:]}"


def new_recovery_codes() -> list[Recovery]:
    return [
        Recovery(place, "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_EACH)))
        for place in range(RECOVERY_CODES)
    ]


def read_recovery(typed: str) -> Recovery | None:
    """`3-7KQ2M-X9DTR` in any casing, with or without dashes and blanks; None for anything else."""
    if not typed.isascii():
        return None
    found = _RECOVERY.fullmatch(re.sub(r"[\s-]", "", typed).upper().translate(_MISREAD))
    return Recovery(int(found[1]), found[2]) if found else None
