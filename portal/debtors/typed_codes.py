"""A code to type from a letter, for who has no camera: 60 bits in groups of four, for one invoice, with its fact.

It is made from the link's id and a key, so the same letter printed again carries the same code, until that key is
retired; the database holds a keyed hash of it alone. It opens what the QR on the paper opens (decision 5), under a
purpose of its own.
"""

import hmac
import re
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock, db, installation, scope
from portal.core.link_addresses import TYPED
from portal.debtors import links
from portal.debtors.models import AccessLink, TypedCode

BITS, LETTERS, GROUP = 60, 12, 4
MAXIMUM = timedelta(days=180)  # a letter is answered sooner than an invoice is dug out [D]
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})  # what a person mistakes on paper
_CODE = re.compile(f"[{_CROCKFORD}]{{{LETTERS}}}", re.ASCII)


def read(typed: str) -> str | None:
    """The twelve letters of a code as typed, blanks and dashes left out; None for what is none."""
    if len(typed) > 40 or not typed.isascii():
        return None
    plain = typed.upper().replace(" ", "").replace("-", "").translate(_READ_AS)
    return plain if _CODE.fullmatch(plain) else None


def spelled(code: str) -> str:
    """`7K2M-90QX-4BTD`: as it is printed."""
    return "-".join(code[start : start + GROUP] for start in range(0, LETTERS, GROUP))


def issue(debtor_id: int, invoice_id: int) -> tuple[AccessLink, str]:
    """The link of this invoice for typing, and its code as it is printed; the live one again where there is one."""
    link = _live(invoice_id) or links.issue(
        debtor_id, purpose=TYPED, campaign="letter", expires_at=clock.now() + MAXIMUM, invoice_id=invoice_id
    )
    session, keys = db.session(), installation.keys().signing
    for key in keys:  # the oldest first: what was printed before keys were changed
        if session.get(TypedCode, _hash(key, _made(key, link.id))) is not None:
            return link, spelled(_made(key, link.id))
    code = _made(keys[-1], link.id)
    hashed = _hash(keys[-1], code)
    session.add(TypedCode(code_hash=hashed, link_id=link.id, creditor_id=scope.current().creditor_id))
    session.flush()
    return link, spelled(code)


def printed(link_id: int) -> str | None:
    """The code that was printed for this link, as it is spelled; None where it opens nothing any more."""
    session, keys = db.session(), installation.keys().signing
    codes = (_made(key, link_id) for key in keys if session.get(TypedCode, _hash(key, _made(key, link_id))))
    return next((spelled(code) for code in codes), None)


def look_up(typed: str) -> links.Found | None:
    """The link behind a typed code, its creditor's scope entered; None for unknown, malformed and revoked ones."""
    code = read(typed)
    if code is None:
        return None
    hashes = [_hash(key, code) for key in installation.keys().signing]
    link_id = db.session().scalar(select(TypedCode.link_id).where(TypedCode.code_hash.in_(hashes)))
    return None if link_id is None else links.by_id(link_id, TYPED)


def _live(invoice_id: int) -> AccessLink | None:
    return (
        db.session()
        .scalars(
            select(AccessLink)
            .where(
                AccessLink.invoice_id == invoice_id,
                AccessLink.purpose == TYPED,
                AccessLink.revoked_at.is_(None),
                AccessLink.expires_at > clock.now(),
            )
            .order_by(AccessLink.id.desc())
            .limit(1)
        )
        .one_or_none()
    )


def _made(key: bytes, link_id: int) -> str:
    mac = hmac.digest(key, f"portal-{TYPED}:{link_id}".encode(), "sha256")
    bits = int.from_bytes(mac[:8], "big") >> (64 - BITS)
    return "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(BITS - 5, -1, -5))


def _hash(key: bytes, code: str) -> str:
    return hmac.digest(key, f"portal-{TYPED}-hash:{code}".encode(), "sha256").hex()
