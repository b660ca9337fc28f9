"""The number of a case: eight letters and figures that are read out over the phone and tell nothing.

Crockford's alphabet has no I, L, O and U, so that nothing is misheard; 40 bits at random, unique per creditor.
"""

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LENGTH = 8


def new_number() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def spoken(number: str) -> str:
    """`K7QM-2XPD`: as pages and messages show it."""
    return f"{number[:4]}-{number[4:]}"


def read(typed: str) -> str | None:
    """The number that somebody typed, with or without the dash, in any case; None where it can be none."""
    clean = "".join(typed.upper().split()).replace("-", "").translate(_ALIKE)
    return clean if len(clean) == _LENGTH and set(clean) <= set(_ALPHABET) else None
