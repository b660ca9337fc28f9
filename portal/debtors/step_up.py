"""Level 3: one act, its terms and one person, proved by a one-time code on another channel (rules A.4, A-42…A-46).

A feature registers a `Kind` and calls `begin`; the person sees the terms, signs, types the code, and only then
`perform` runs, in the same transaction. Nothing else is ever open at level 3, and nothing that was typed is lost.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, installation
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors import events as happened
from portal.debtors import policies, step_up_queries, step_up_rules
from portal.debtors.models import Debtor, StepUp
from portal.debtors.states import MACHINE, StepUpStatus
from portal.debtors.step_up_rules import MAX_TRIES, SENT_BY
from portal.debtors.visits import Current
from portal.messages import actions as messages
from portal.messages.models import Message

KEY = "step_up_code"  # its folder under templates/messages/
NO_CHANNEL, NO_CODE, SIGNS_FOR_ANOTHER = "no_channel", "cannot_receive", "role_other"
TRIES_USED, TERMS_CHANGED, RAN_OUT = "tries_used", "terms_changed", "ran_out"
CONTACT_STOPPED = "contact_stopped"
S = StepUpStatus


@dataclass(frozen=True, slots=True)
class Kind:
    """One act that asks for level 3. `kept` is the feature's form: JSON values, as typed.

    terms(debtor_id, kept, language) -> the words that the person agrees to; asked again when the code comes, so it
    must say the same for the same facts. perform(row) acts, in the transaction of the code (or of the colleague who
    agrees), and may raise NotAllowedNow. back_url(row) is the form; done_url(row) where the person goes then,
    else a page that says what was confirmed.
    `other_waits`: whoever signs in the role "other" waits for the creditor's people (rule C-42).
    `proof`: what was signed is an agreement, kept ten years; else it is forgotten a day after (rule C-24).
    """

    action: str
    title: Text
    terms: Callable[[int, dict[str, Any], str], str]
    perform: Callable[[StepUp], None]
    back_url: Callable[[StepUp], str]
    done_url: Callable[[StepUp], str] | None = None
    other_waits: bool = True
    proof: bool = True


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Called by a feature when it is imported."""
    KINDS[kind.action] = kind
    return kind


def sha256(terms: str) -> str:
    return hashlib.sha256(terms.encode()).hexdigest()


def begin(visit: Current, action: str, kept: dict[str, Any], language: str) -> StepUp:
    """Keeps the form and the terms of one act; the page to go to is `step_up_debtor.show` with the row's id.

    Raises NotAllowedNow for a visit that came with the paper's code.
    """
    if not visit.may_answer:
        raise NotAllowedNow(t("With the code on the paper you can pay. For this, please open the link in our mail."))
    terms = KINDS[action].terms(visit.debtor_id, kept, language)
    row = StepUp(
        id=ids.new_id(), debtor_id=visit.debtor_id, visit_id=visit.id, action=action, terms_text=terms,
        terms_sha256=sha256(terms), language=language, kept=kept, tries=0, same_channel=False,
    )  # fmt: skip
    asked = happened.StepUpAsked(
        step_up_id=row.id, debtor_id=row.debtor_id, action=action, terms_sha256=row.terms_sha256
    )
    MACHINE.begin(row, S.SHOWN, asked)
    db.session().add(row)
    db.session().flush()
    return row


def again(row: StepUp, visit: Current) -> StepUp:
    """The same act with the same form and signer, begun afresh after its tries were used up or its visit ran out.

    No code of before counts, the limits on codes go on. Raises NotAllowedNow when what was typed has been let go of.
    """
    if not row.terms_text:
        raise NotAllowedNow(t("This was too long ago. Please start again."))
    fresh = begin(visit, row.action, row.kept, row.language)
    fresh.signer_name, fresh.signer_role = row.signer_name, row.signer_role
    return fresh


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: the name in full, a role of step_up_rules.ROLES, and the words on authority as they were shown."""

    name: str
    role: str
    statement: str


def sign(row: StepUp, signer: Signatory) -> None:
    """Keeps who signs; a step that has begun may be signed anew until it is proved."""
    row.signer_name, row.signer_role, row.statement = signer.name, signer.role, signer.statement


def send_code(row: StepUp, visit: Current) -> None:
    """Plans the message whose code is made as it is sent. Raises NotAllowedNow when enough were sent (A-42).

    Where no other channel is on file the creditor's policy decides (A-45): its people, or the same channel.
    """
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == row.debtor_id).with_for_update()).one()
    now = clock.now()
    why = step_up_rules.why_not_send(step_up_queries.codes_asked(row.debtor_id, now), now)
    if why is not None:
        raise NotAllowedNow(why)
    found = step_up_queries.target(debtor, visit.link_id, policies.policy())
    if found is None:
        leave_to_staff(row, NO_CHANNEL)
        return
    contact = found.contact
    row.contact_point_id, row.same_channel, row.asked_at = contact.contact_id, found.same_channel, now
    row.code_hash = row.code_salt = row.code_made_at = row.wrong_at = None  # an older code is worth nothing now
    MACHINE.move(
        row,
        S.CODE_SENT,
        happened.StepUpCodeRequested(
            step_up_id=row.id, debtor_id=row.debtor_id, channel=contact.channel, same_channel=found.same_channel
        ),
    )
    db.session().flush()
    messages.plan(
        KEY,
        debtor_id=row.debtor_id,
        contact_point_id=contact.contact_id,
        to_address=contact.address,
        language=row.language,
        channel=SENT_BY[contact.channel],
        asked_for=True,
        params={"step_up": ids.spell(row.id)},
    )


def make_code(message: Message) -> str:
    """A fresh code for the message that leaves at this moment: only its hash is kept (decision 3)."""
    row = _of_message(message)
    code = f"{secrets.randbelow(1_000_000):06d}"
    row.code_salt, row.code_made_at = secrets.token_hex(16), clock.now()
    row.code_hash = _hashes(row, code)[0]
    db.session().flush()
    return code


def why_not_send(message: Message) -> str | None:
    """Asked at the moment of sending: a code for a step that is over, or that another code has overtaken."""
    if message.key != KEY:
        return None
    row = _of_message(message)
    overtaken = row.asked_at is not None and row.asked_at > message.planned_at
    stale = clock.now() > message.planned_at + step_up_rules.LASTS
    over = row.status is not S.CODE_SENT or overtaken or stale
    return str(t("nobody waits for this code any more")) if over else None


def _of_message(message: Message) -> StepUp:
    row_id = ids.read(message.params["step_up"])
    return db.session().scalars(select(StepUp).where(StepUp.id == row_id)).one()


def _hashes(row: StepUp, code: str) -> list[str]:
    """Salted, keyed, bound to session, action and terms; by the newest signing key first."""
    about = f"portal-code:{row.code_salt}:{row.id}:{row.action}:{row.terms_sha256}:{code}".encode()
    return [hmac.digest(key, about, "sha256").hex() for key in reversed(installation.keys().signing)]


def try_code(row_id: int, visit: Current, typed: str) -> StepUp:
    """Counts one try and judges it; the row says what came of it. It is locked: of twenty at once one is right."""
    row = db.session().get_one(StepUp, row_id, with_for_update=True, populate_existing=True)
    if row.status is not S.CODE_SENT or row.visit_id != visit.id:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=row.status.label))
    if KINDS[row.action].terms(row.debtor_id, row.kept, row.language) != row.terms_text:
        _void(row, TERMS_CHANGED)
        return row
    if not step_up_queries.takes_its_code(row):
        _void(row, CONTACT_STOPPED)
        return row
    row.tries += 1
    if _is_right(row, typed):
        _prove(row)
        return row
    row.wrong_at = clock.now()
    if row.tries >= MAX_TRIES:
        _void(row, TRIES_USED)
    return row


def _is_right(row: StepUp, typed: str) -> bool:
    given = typed if step_up_rules.is_code(typed) else ""
    right = False
    for made in _hashes(row, given):
        right |= hmac.compare_digest(made, row.code_hash or "")
    return right and bool(given) and step_up_rules.is_fresh(row.code_made_at, clock.now())


def _prove(row: StepUp) -> None:
    kind, now = KINDS[row.action], clock.now()
    waits = kind.other_waits and row.signer_role == step_up_rules.OTHER
    contact = step_up_queries.contact(row.contact_point_id)
    proved = happened.StepUpProved(
        step_up_id=row.id, debtor_id=row.debtor_id, action=row.action, terms_sha256=row.terms_sha256,
        channel=contact.channel if contact is not None else "", same_channel=row.same_channel,
        role=row.signer_role or "",
    )  # fmt: skip
    row.proved_at, row.code_hash, row.code_salt = now, None, None
    row.why = SIGNS_FOR_ANOTHER if waits else None
    MACHINE.move(row, S.WITH_STAFF if waits else S.DONE, proved)
    db.session().flush()


def perform(row: StepUp) -> None:
    """The act itself, for a row that is DONE by the code; the caller has given the visit its new number."""
    KINDS[row.action].perform(row)


def leave_to_staff(row: StepUp, why: str) -> None:
    """No code can come: the creditor's people call the person and decide (rule A-45's other way)."""
    row.why = why
    left = happened.StepUpLeftToStaff(step_up_id=row.id, debtor_id=row.debtor_id, action=row.action, why=why)
    MACHINE.move(row, S.WITH_STAFF, left)
    row.code_hash = row.code_salt = None
    db.session().flush()


def ask_for_a_call(row: StepUp) -> None:
    """The person cannot get at the code: they are called instead."""
    leave_to_staff(row, NO_CODE)


def agree(row: StepUp, made_sure: str) -> None:
    """A colleague has made sure who asks, and `made_sure` says how: it is kept with the proof.

    Raises NotAllowedNow when it is decided already, or facts have changed.
    """
    kind = KINDS[row.action]
    if kind.terms(row.debtor_id, row.kept, row.language) != row.terms_text:
        raise NotAllowedNow(t("Something has changed since this was asked for. Please have the customer ask again."))
    agreed = happened.StepUpAgreed(step_up_id=row.id, debtor_id=row.debtor_id, action=row.action)
    row.made_sure = made_sure
    MACHINE.move(row, S.DONE, agreed)
    db.session().flush()
    kind.perform(row)


def decline(row: StepUp) -> None:
    """A colleague says no, or could not make sure who asks."""
    declined = happened.StepUpDeclined(step_up_id=row.id, debtor_id=row.debtor_id, action=row.action)
    MACHINE.move(row, S.DECLINED, declined)


def lapse(row: StepUp) -> None:
    """Nobody has decided for too long: it counts as a no, and what was typed goes as with any other no."""
    lapsed = happened.StepUpLapsed(step_up_id=row.id, debtor_id=row.debtor_id, action=row.action)
    MACHINE.move(row, S.DECLINED, lapsed)


def forget(row: StepUp) -> None:
    """What was typed, shown and signed is let go of (rule C-24), and how a colleague made sure with it.

    One that nobody went on with is void from now on.
    """
    row.kept, row.terms_text, row.made_sure = {}, "", None
    row.signer_name = row.signer_role = row.statement = row.code_hash = row.code_salt = None
    if row.status in {S.SHOWN, S.CODE_SENT}:
        _void(row, RAN_OUT)


def _void(row: StepUp, why: str) -> None:
    row.why, row.code_hash, row.code_salt = why, None, None
    voided = happened.StepUpVoided(step_up_id=row.id, debtor_id=row.debtor_id, action=row.action, why=why)
    MACHINE.move(row, S.VOID, voided)
    db.session().flush()
