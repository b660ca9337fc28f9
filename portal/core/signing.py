"""Keys and what is signed or sealed with them. A database without these keys opens nothing (rule A-02).

Link tokens are 8 id bytes and 16 MAC bytes in exactly one spelling (rules A-01, A-05, decision 8). Keys are
listed oldest first: the newest signs, all verify (rule A-04).
"""

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import os
import secrets
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from itsdangerous import BadData, Signer, URLSafeTimedSerializer
from itsdangerous.signer import SigningAlgorithm

from portal.core import clock
from portal.core.errors import Misconfigured

ID_BYTES, MAC_BYTES = 8, 16
TOKEN_LENGTH = 32
QR_LENGTH = 39
MIN_KEY_BYTES = 32
MIN_VARIETY = 18  # different bytes, and different steps from one to the next: random 32 have about 30 of 256
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_VALUES = {letter: value for value, letter in enumerate(_CROCKFORD)}


@dataclass(frozen=True, slots=True)
class Keys:
    """`signing`: raw keys of at least 32 bytes, oldest first; `sealing`: Fernet keys, oldest first."""

    signing: tuple[bytes, ...] = field(repr=False)
    sealing: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("signing", "sealing"):
            keys = getattr(self, name)
            if isinstance(keys, (str, bytes)) or not keys:
                raise Misconfigured(f"{name} keys are a list, oldest first (rule A-04)")
            if len(set(keys)) < len(keys):
                raise Misconfigured(f"the same {name} key stands in the list twice")
        for key in self.signing:
            if not looks_random(key):
                raise Misconfigured("a signing key has at least 32 random bytes (rule A-04): `portal keys rotate`")
        for key in self.sealing:
            try:
                Fernet(key)
            except (ValueError, TypeError) as error:
                raise Misconfigured("a sealing key is 32 random bytes in URL-safe base64") from error
            if not looks_random(base64.urlsafe_b64decode(key)):
                raise Misconfigured("a sealing key has 32 random bytes (rule A-04): `portal keys rotate`")


def looks_random(key: bytes) -> bool:
    """Whether bytes may have come from a random source: long, no text, no pattern.

    Every key that stands in a manual is text, a run or a repetition; of 10¹² truly random ones none is refused.
    """
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in key)
    return len(key) >= MIN_KEY_BYTES and not is_text and len(set(key)) >= MIN_VARIETY and len(steps) >= MIN_VARIETY


def fingerprint(written: str) -> str:
    """Eight hex digits that name a key, as it stands in the file, and open nothing."""
    return hashlib.sha256(b"portal-key:" + written.encode()).hexdigest()[:8]


def make_keys_file(path: Path) -> bool:
    """Writes fresh keys into a new file that only its owner reads; False when it is there already."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh: dict[str, Any] = {
        "signing": [base64.b64encode(secrets.token_bytes(48)).decode()],
        "sealing": [Fernet.generate_key().decode()],
    }
    made_at = clock.now().isoformat()
    fresh["made_at"] = {fingerprint(written): made_at for written in (*fresh["signing"], *fresh["sealing"])}
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(fresh, file, indent=1)
    Path(file.name).chmod(0o600)
    Path(file.name).rename(path)
    return True


def read_keys(path: Path) -> Keys:
    """Keys from PORTAL_KEYS (the file's JSON) or from the file; raises Misconfigured with what to do."""
    written = os.environ.get("PORTAL_KEYS")
    return _keys_in(written) if written else read_keys_file(path)


def read_keys_file(path: Path) -> Keys:
    """As `read_keys`, from the file alone."""
    if not path.exists():
        raise Misconfigured(f"no keys at {path}: run `portal db upgrade` once, or set PORTAL_KEYS_FILE")
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"{path} can be read by others: chmod 600 it")
    return _keys_in(path.read_text())


def _keys_in(written: str) -> Keys:
    try:
        found: dict[str, Any] = json.loads(written)
        if isinstance(found["signing"], str) or isinstance(found["sealing"], str):
            raise Misconfigured("keys are lists, oldest first (rule A-04)")
        return Keys(
            tuple(base64.b64decode(k, validate=True) for k in found["signing"]),
            tuple(str(k).encode() for k in found["sealing"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured("the keys file is damaged: restore it from its backup") from error


class TruncatedHmac(SigningAlgorithm):
    """HMAC-SHA256 cut to its first 16 bytes."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:MAC_BYTES]

    def verify_signature(self, key: bytes, value: bytes, sig: bytes) -> bool:
        return hmac.compare_digest(self.get_signature(key, value), sig)


class _LinkSigner(Signer):
    """One purpose's signer with its derived keys worked out once."""

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        super().__init__(
            list(keys),
            salt=f"portal-{purpose}".encode(),
            key_derivation="hmac",
            digest_method=hashlib.sha256,
            algorithm=TruncatedHmac(),
        )
        self._derived = [self.derive_key(key) for key in self.secret_keys]

    def mac(self, value: bytes) -> bytes:
        return self.algorithm.get_signature(self._derived[-1], value)

    def holds(self, value: bytes, mac: bytes) -> bool:
        return any(self.algorithm.verify_signature(key, value, mac) for key in reversed(self._derived))


@lru_cache(maxsize=64)
def _signer(keys: tuple[bytes, ...], purpose: str) -> _LinkSigner:
    return _LinkSigner(keys, purpose)


def link_token(keys: Keys, purpose: str, link_id: int) -> str:
    """The 32 base64url characters that open link `link_id` for `purpose`."""
    value = link_id.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(value + _signer(keys.signing, purpose).mac(value)).decode()


def read_link_token(keys: Keys, purpose: str, token: str) -> int | None:
    """The link id of a genuine token in its one spelling, else None; no query is needed for a forged one."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.urlsafe_b64encode(raw).decode() != token:
        return None
    return _open(keys, purpose, raw)


def qr_token(keys: Keys, purpose: str, link_id: int) -> str:
    """The 39 Crockford characters of the same 24 bytes, for a QR code in alphanumeric mode (rule A-80)."""
    value = link_id.to_bytes(ID_BYTES, "big")
    bits = int.from_bytes(value + _signer(keys.signing, purpose).mac(value), "big") << 3
    return "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(5 * (QR_LENGTH - 1), -1, -5))


def read_qr_token(keys: Keys, purpose: str, token: str) -> int | None:
    """Like `read_link_token` for `/q/`: folds case and nothing else; the three spare bits are nought."""
    if len(token) != QR_LENGTH or not token.isascii():
        return None
    bits = 0
    for letter in token.upper():
        value = _CROCKFORD_VALUES.get(letter)
        if value is None:
            return None
        bits = bits << 5 | value
    if bits & 7:
        return None
    return _open(keys, purpose, (bits >> 3).to_bytes(ID_BYTES + MAC_BYTES, "big"))


def _open(keys: Keys, purpose: str, raw: bytes) -> int | None:
    value, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    if not _signer(keys.signing, purpose).holds(value, mac):
        return None
    link_id = int.from_bytes(value, "big")
    return link_id if link_id < 1 << 63 else None


def serializer(keys: Keys, purpose: str) -> URLSafeTimedSerializer:
    """For self-contained values (unsubscribe, pre-visit, cookies); `loads` is always given `max_age` (A-03)."""
    return URLSafeTimedSerializer(
        list(keys.signing),
        salt=f"portal-{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def read_signed(keys: Keys, purpose: str, written: str, max_age_seconds: int) -> Any | None:
    """The value behind a self-contained token in its one spelling, or None when forged, spoilt or too old."""
    made_by = serializer(keys, purpose)
    try:
        value, signed_at = made_by.loads(written, max_age=max_age_seconds, return_timestamp=True)
    except BadData:
        return None
    signature = written.rpartition(".")[2]
    try:
        raw = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return value if canonical == signature and signed_at is not None else None


def seal(keys: Keys, secret: str) -> str:
    """Encrypts a secret that must be used again (a provider's key); the newest key seals."""
    return _fernet(keys).encrypt(secret.encode()).decode()


def unseal(keys: Keys, sealed: str) -> str:
    """The secret again; raises Misconfigured when no key of this installation opens it."""
    try:
        return _fernet(keys).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Misconfigured("a stored secret was sealed with a key that this installation lacks") from error


def seal_text(keys: Keys, text: str) -> str:
    """As `seal`, for what may be long: it is made smaller first."""
    return seal(keys, base64.b64encode(zlib.compress(text.encode())).decode())


def unseal_text(keys: Keys, sealed: str) -> str:
    """What `seal_text` sealed; raises as `unseal`."""
    return zlib.decompress(base64.b64decode(unseal(keys, sealed))).decode()


def reseal(keys: Keys, sealed: str) -> str:
    """The same secret, sealed with the newest key; raises Misconfigured as `unseal` does."""
    return seal(keys, unseal(keys, sealed))


def _fernet(keys: Keys) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in reversed(keys.sealing)])


def queue_key(keys: Keys) -> bytes:
    """The key that signs queue messages, derived from the newest signing key."""
    return hmac.digest(keys.signing[-1], b"portal-queue", "sha256")


def keyed_hash(keys: Keys, purpose: str, value: str) -> str:
    """A hash that only this installation can make again, for counting without keeping the value."""
    return hmac.digest(keys.signing[0], f"portal-{purpose}:{value}".encode(), "sha256").hex()
