"""Row ids: given by the application before the insert, ordered in time, not countable from outside.

63 bits: 41 of milliseconds since 2020, 22 that start at random within the millisecond and count up. Bulk
inserts need no RETURNING, an id never tells how many rows there are. An id is a name, never a secret.
"""

import itertools
import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
_COUNT_BITS = 22
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32, lower case
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 13

_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A fresh positive 63-bit id, greater than every one this process has given before."""
    global _last  # noqa: PLW0603 - the counter is the point of this module
    with _lock:
        millisecond = int(time.time() * 1000) - _EPOCH_MS
        fresh = (millisecond << _COUNT_BITS) | secrets.randbits(_COUNT_BITS - 1)
        _last = fresh if fresh > _last else _last + 1
        return _last


def spell(row_id: int) -> str:
    """The 13 lower-case Crockford characters under which an id appears in addresses and payloads."""
    return "".join(_ALPHABET[(row_id >> shift) & 31] for shift in range(60, -1, -5))


def read(spelled: str) -> int:
    """The id behind `spelled`; raises ValueError for any other spelling than the one `spell` gives."""
    if len(spelled) != _LENGTH:
        raise ValueError("not an id")
    value = 0
    for letter in spelled:
        if letter not in _VALUES:
            raise ValueError("not an id")
        value = value << 5 | _VALUES[letter]
    if value >> 63:
        raise ValueError("not an id")
    return value


def is_id(value: object) -> bool:
    """Whether `value` could be a row's id: what comes from outside may be anything, and larger than a column."""
    return type(value) is int and 0 < value < 1 << 63


def new_ids(count: int) -> list[int]:
    """`count` fresh ids in rising order."""
    return list(itertools.islice(iter(new_id, None), count))
