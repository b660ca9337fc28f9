"""Ways to pay that customers saved for what falls due later: asked for, in use, stopped, failed (rule B-14).

What is kept is the provider's ids, a brand and four digits. Nothing here uses the network.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, outbox
from portal.core.text import Text, t
from portal.payments import accounts, methods, queries
from portal.payments import events as happened
from portal.payments.models import AutoCharge, PaymentAttempt, SavedMethod
from portal.payments.states import SAVED, AttemptStatus, SavedStatus

V = SavedStatus
FORGET = "payments.forget_saved"
LASTS = timedelta(hours=24)  # from the code until the provider's page: after that the mandate is shown anew
NO_LONGER = t("This was confirmed too long ago, or something else was chosen since. Please start again.")
_BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "cartes_bancaires": "CB"}


@dataclass(frozen=True, slots=True)
class Source:
    """What something is saved for, or what falls due: rows of another feature."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Try:
    """The try called `number` (1, 2, 3) to charge what falls due, on that day where the creditor is."""

    source: Source
    number: int
    on: date


@dataclass(frozen=True, slots=True)
class Mandate:
    """What the customer agreed to: the kind of payment, the text's hash, its proof, and the language of it."""

    kind: str
    sha256: str
    step_up_id: int
    language: str


def is_offered(creditor_id: int) -> bool:
    """Whether this creditor's customers may save something now."""
    return queries.is_card_offered(creditor_id) and isinstance(methods.online(queries.CARD), methods.Saving)


def begin(debtor_id: int, source: Source, mandate: Mandate) -> SavedMethod:
    """A mandate was confirmed; the provider's page comes next. One that nobody went on with is let go of."""
    in_use = accounts.row(queries.CARD)
    if in_use is None:
        raise LookupError("nothing can be saved here")
    for row in of(source, V.ASKED):
        _stop(row)
    row = SavedMethod(
        id=ids.new_id(), debtor_id=debtor_id, method=queries.CARD, account_id=in_use.id, source_kind=source.kind,
        source_id=source.id, kind=mandate.kind, language=mandate.language, mandate_sha256=mandate.sha256,
        step_up_id=mandate.step_up_id, created_at=clock.now(), pages=0, brand="", last4="",
    )  # fmt: skip
    asked = happened.SavingAsked(
        **_about(row), mandate_sha256=row.mandate_sha256, step_up_id=row.step_up_id
    )  # fmt: skip
    SAVED.begin(row, V.ASKED, asked)
    db.session().add(row)
    db.session().flush()
    return row


def learn(row: SavedMethod, seen: methods.SavedSeen) -> None:
    """Brings a locked row to what the provider says was saved; what was in use before for the same is stopped."""
    if row.status is not V.ASKED or seen.saved is None or seen.saved.kind != row.kind:
        if row.status is V.STOPPED and seen.saved is not None and row.method_id is None:
            row.payer_id, row.method_id = seen.saved.payer_id, seen.saved.method_id
            outbox.put(FORGET, row.id)  # stopped here while it was saved there: it shall not be charged
        return
    for other in of(Source(row.source_kind, row.source_id), V.ACTIVE):
        _stop(other)
    row.payer_id, row.method_id = seen.saved.payer_id, seen.saved.method_id
    row.brand, row.last4, row.saved_at, row.session_url = seen.brand, seen.last4, clock.now(), None
    SAVED.move(row, V.ACTIVE, happened.MethodSaved(**_about(row)))
    db.session().flush()


def stop(source: Source) -> bool:
    """Nothing more is charged for this, from this moment on; True where something was."""
    rows = [*of(source, V.ACTIVE), *of(source, V.ASKED)]
    for row in rows:
        _stop(row)
    return bool(rows)


def fail(row: SavedMethod, why: str) -> None:
    """The bank will say no again: nothing more is charged to it."""
    if row.status is V.ACTIVE:
        SAVED.move(row, V.FAILED, happened.SavedMethodFailed(**_about(row), why=why))
        row.why = why[:100]
        outbox.put(FORGET, row.id)
        db.session().flush()


def _stop(row: SavedMethod) -> None:
    SAVED.move(row, V.STOPPED, happened.SavedMethodStopped(**_about(row)))
    if row.method_id is not None:
        outbox.put(FORGET, row.id)
    db.session().flush()


def _about(row: SavedMethod) -> dict[str, Any]:
    return {
        "saved_method_id": row.id, "debtor_id": row.debtor_id, "source_kind": row.source_kind,
        "source_id": row.source_id, "kind": row.kind,
    }  # fmt: skip


# Finding them


def one(row_id: int | None, *, lock: bool = False) -> SavedMethod | None:
    wanted = select(SavedMethod).where(SavedMethod.id == row_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def of(source: Source, *statuses: SavedStatus) -> list[SavedMethod]:
    """What was saved for this, the newest first."""
    wanted = select(SavedMethod).where(
        SavedMethod.source_kind == source.kind,
        SavedMethod.source_id == source.id,
        SavedMethod.status.in_(statuses or tuple(V)),
    )
    return list(db.session().scalars(wanted.order_by(SavedMethod.id.desc())))


def of_session(session_id: str, reference: str | None) -> SavedMethod | None:
    """Whose page that is, locked; None for pages that are not ours."""
    try:
        row = one(ids.read(reference or ""), lock=True)
    except ValueError:
        return None
    return row if row is not None and row.session_id in {None, session_id} else None


def in_use(kind: str) -> list[SavedMethod]:
    """All that is charged by itself, for sources of this kind."""
    wanted = select(SavedMethod).where(SavedMethod.status == V.ACTIVE, SavedMethod.source_kind == kind)
    return list(db.session().scalars(wanted.order_by(SavedMethod.id)))


def waiting_since(before: datetime) -> list[int]:
    """Whose page was opened and of which nothing was heard: the provider is asked (rule B-07)."""
    wanted = select(SavedMethod.id).where(
        SavedMethod.status == V.ASKED, SavedMethod.session_id.is_not(None), SavedMethod.status_at < before,
        SavedMethod.status_at > before - LASTS * 2,
    )  # fmt: skip
    return list(db.session().scalars(wanted.order_by(SavedMethod.id)))


def at_provider(row_id: int | None) -> methods.Saved | None:
    """What a charge needs to know of it."""
    row = one(row_id)
    if row is None or row.payer_id is None or row.method_id is None:
        return None
    return methods.Saved(ids.spell(row.id), row.payer_id, row.method_id, row.kind)


def may_go_on(row: SavedMethod) -> bool:
    """Whether the provider's page may be opened for it."""
    return row.status is V.ASKED and row.created_at + LASTS > clock.now()


def name(row: SavedMethod) -> Text:
    """«Visa •••• 4242»."""
    if row.kind == methods.SEPA_DEBIT:
        return t("the bank account •••• %(last4)s", last4=row.last4)
    return t("%(brand)s •••• %(last4)s", brand=_BRANDS.get(row.brand, row.brand.title() or "•"), last4=row.last4)


# What was charged


def charges(kind: str, source_ids: Collection[int]) -> dict[int, list[tuple[AutoCharge, PaymentAttempt]]]:
    """By what fell due the tries with what came of each, the first one first."""
    found: dict[int, list[tuple[AutoCharge, PaymentAttempt]]] = {}
    wanted = (
        select(AutoCharge, PaymentAttempt)
        .join(PaymentAttempt, PaymentAttempt.id == AutoCharge.attempt_id)
        .where(AutoCharge.source_kind == kind, AutoCharge.source_id.in_(list(source_ids)))
        .order_by(AutoCharge.source_id, AutoCharge.number)
        .execution_options(populate_existing=True)
    )
    for charge, attempt in db.session().execute(wanted) if source_ids else ():
        found.setdefault(charge.source_id, []).append((charge, attempt))
    return found


def charge_of(attempt_id: int) -> AutoCharge | None:
    return db.session().scalars(select(AutoCharge).where(AutoCharge.attempt_id == attempt_id)).one_or_none()


def note_charge(row: SavedMethod, this: Try, attempt: PaymentAttempt) -> AutoCharge:
    """Under this number it was tried; a second one of that number is refused by the database."""
    charge = AutoCharge(
        id=ids.new_id(), debtor_id=row.debtor_id, saved_method_id=row.id, source_kind=this.source.kind,
        source_id=this.source.id, number=this.number, attempt_id=attempt.id, made_on=this.on,
    )  # fmt: skip
    db.session().add(charge)
    db.session().flush()
    return charge


def is_under_way(attempt: PaymentAttempt) -> bool:
    return attempt.status in {AttemptStatus.CREATED, AttemptStatus.REDIRECTED, AttemptStatus.PROCESSING}
