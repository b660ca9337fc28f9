"""Statements and movements in the words and shapes that the creditor's pages show."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from portal.bank_statements import booking, queries, returning, wording
from portal.bank_statements.candidates import Candidate
from portal.bank_statements.documents import Movement, Notice, Refusal
from portal.bank_statements.models import BankMovement, BankStatement, StatementBatch, StatementRemark
from portal.bank_statements.preview import Preview, SeenStatement
from portal.bank_statements.states import BatchStatus, MovementStatus
from portal.core import banking, ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.imports import sentences
from portal.web import i18n

S = MovementStatus
KINDS = {
    S.NEW: "plain",
    S.MATCHED: "plain",
    S.WAITING: "wait",
    S.BOOKED: "good",
    S.CREDITED: "good",
    S.IGNORED: "plain",
    S.RETURNED: "problem",
    S.UNDONE: "plain",
}
_BATCH_KINDS = {BatchStatus.DONE: "good", BatchStatus.FAILED: "problem", BatchStatus.DISCARDED: "plain"}
OUTCOMES: dict[str, Text] = {
    "paid": t("paid in full"),
    "late": t("paid in full, late"),
    "partial": t("paid in part"),
    "over": t("more than was open"),
}
_STATEMENTS: dict[str, Text] = {
    "camt.052": t("Report of the day"),
    "camt.053": t("Statement"),
    "camt.054": t("Notification"),
    "mt940": t("Statement"),
    "mt942": t("Report of the day"),
    "table": t("Table"),
}
_NOTHING = "–"
# What a column of a table can be (portal.bank_statements.tables.headers.FIELDS).
FIELD_LABELS: dict[str, Text] = {
    "booked_on": t("Booked on"),
    "value_on": t("Value date"),
    "amount": t("Amount"),
    "credit": t("Came in"),
    "debit": t("Went out"),
    "currency": t("Currency"),
    "text": t("Text"),
    "counterparty_name": t("Name of the other side"),
    "counterparty_iban": t("IBAN of the other side"),
    "creditor_reference": t("Creditor reference"),
    "end_to_end_id": t("End-to-end reference"),
    "bank_reference": t("The bank's reference"),
    "account": t("Your account"),
}


def row(one: BankMovement) -> dict[str, Any]:
    """A movement in a list."""
    said = why(one)
    return {
        "day": i18n.short_day(one.value_on),
        "href": url_for("bank_queue_creditor.show_movement", movement_id=one.id),
        "amount": i18n.money(one.amount),
        "who": one.counterparty_name or _iban(one.counterparty_iban) or _NOTHING,
        "text": one.text or one.creditor_reference or _NOTHING,
        "state": i18n.say(one.status.label),
        "kind": KINDS[one.status],
        "note": i18n.say(said) if said is not None else "",
    }


def told_by(one: BankMovement) -> str:
    """Which file told of a movement, and what became of it."""
    from_ = queries.statement(one.statement_id)
    file = from_.file.rpartition("/")[2] if from_ is not None else ""
    kind = i18n.say(_STATEMENTS.get(from_.kind, t("Statement"))) if from_ is not None else ""
    return ", ".join(filter(None, (kind, file)))


def original(one: BankMovement, debit: BankMovement) -> dict[str, Any]:
    """A credit that a debit may give back, or a part of it."""
    back = -debit.amount
    stays = returning.left(one) - back
    part = t("%(back)s go back, %(stays)s stay paid", back=i18n.money(back), stays=i18n.money(stays))
    return row(one) | {"id": ids.spell(one.id), "part": i18n.say(part) if stays else ""}


def why(one: BankMovement) -> Text | None:
    """What is to be said of how it stands: why it waits, was put aside, or what it settled."""
    if one.status is S.WAITING:
        return booking.WHY_WAITING.get(one.why or "")
    if one.status is S.IGNORED:
        return booking.WHY_IGNORED.get(one.why or "")
    return OUTCOMES.get(one.outcome or "")


def told(one: BankMovement) -> Text | None:
    """The same on the movement's own page; of a return also what nobody here had any more."""
    missing = queries.missing(one) if one.returns_id is not None else None
    if missing:
        return t(
            "%(amount)s of this had gone back to the customer before, so that they have it twice. "
            "Please settle that with them: it is no part of what their documents ask for.",
            amount=i18n.money(missing),
        )
    return why(one)


def facts(one: BankMovement) -> list[tuple[str, str]]:
    """Everything that the bank said of a movement."""
    pairs = [
        (t("Value date"), i18n.day(one.value_on)),
        (t("Booked on"), i18n.day(one.booked_on) if one.booked_on else ""),
        (t("Name"), one.counterparty_name or ""),
        (t("Account"), _iban(one.counterparty_iban)),
        (t("Text"), one.text or ""),
        (t("Creditor reference"), one.creditor_reference or ""),
        (t("End-to-end reference"), one.end_to_end_id or ""),
        (t("A note of yours"), one.note or ""),
    ]
    return [(i18n.say(label), value) for label, value in pairs if value]


def _iban(iban: str | None) -> str:
    return banking.group_iban(iban) if iban else ""


def candidate(one: Candidate, amount: Money, typed: dict[str, str], chosen: Sequence[str]) -> dict[str, Any]:
    """A due item to tick, with how much of the transfer it takes."""
    spelled = ids.spell(one.item.item_id)
    proposed = min(one.item.open, amount)
    return {
        "id": spelled,
        "field": f"amount-{spelled}",
        "number": one.item.number,
        "debtor": one.item.debtor,
        "code": one.item.code,
        "due": i18n.short_day(one.item.due_on),
        "open": i18n.money(one.item.open),
        "score": one.score,
        "reasons": [i18n.say(reason) for reason in one.reasons],
        "typed": typed.get(f"amount-{spelled}", i18n.decimal(proposed.plain)),
        "chosen": spelled in chosen,
    }


def statement(one: BankStatement) -> dict[str, Any]:
    """A statement in a list."""
    currency = one.currency or "EUR"
    return {
        "when": i18n.short_day(one.made_on),
        "href": url_for("bank_creditor.show_statement", statement_id=one.id),
        "kind": i18n.say(_STATEMENTS.get(one.kind, t("Statement"))),
        "account": _iban(one.iban) or one.account or _NOTHING,
        "number": one.number or _NOTHING,
        "opening": _money(one.opening_minor, currency),
        "closing": _money(one.closing_minor, currency),
        "state": i18n.gettext("adds up") if one.adds_up else i18n.gettext("does not add up"),
        "state_kind": "good" if one.adds_up else "problem",
        "checked": one.opening_minor is not None and one.closing_minor is not None,
    }


def _money(minor: int | None, currency: str) -> str:
    return _NOTHING if minor is None else i18n.money(Money(minor, currency))


def past(one: queries.Past, zone: str) -> dict[str, Any]:
    batch = one.batch
    files = ", ".join(file["name"].rpartition("/")[2] for file in batch.files[:3])
    left = len(batch.files) - 3
    return {
        "when": i18n.moment(batch.started_at, zone),
        "href": url_for("bank_creditor.show_batch", upload_id=batch.id),
        "files": files + (f" + {left}" if left > 0 else ""),
        "who": one.who or i18n.gettext("the command line"),
        "result": i18n.say(result(batch)) if batch.status is BatchStatus.DONE else "",
        "state": i18n.say(batch.status.label),
        "kind": _BATCH_KINDS.get(batch.status, "wait"),
    }


def result(batch: StatementBatch) -> Text:
    return t(
        "%(new)s new, %(known)s known already, %(booked)s booked, %(waiting)s for you",
        new=batch.new,
        known=batch.known,
        booked=batch.booked,
        waiting=batch.waiting,
    )


def figures(batch: StatementBatch) -> list[dict[str, Any]]:
    """What became of a batch; each figure leads to its rows."""
    queue = url_for("bank_queue_creditor.show_queue")
    all_ = url_for("bank_queue_creditor.show_movements")
    here = url_for("bank_creditor.show_batch", upload_id=batch.id)
    return [
        {"label": i18n.gettext("New"), "value": batch.new, "note": "", "href": all_},
        {"label": i18n.gettext("Known already"), "value": batch.known, "note": "", "href": all_},
        {"label": i18n.gettext("Booked"), "value": batch.booked, "note": "", "href": f"{all_}?status=booked"},
        {"label": i18n.gettext("For you to look at"), "value": batch.waiting, "note": "", "href": queue},
        {"label": i18n.gettext("Refused"), "value": batch.refused, "note": "", "href": f"{here}#remarks"},
    ]


def preview_figures(seen: Preview) -> list[dict[str, Any]]:
    here = "#movements"
    perhaps = i18n.say(t("and %(count)s perhaps", count=seen.perhaps)) if seen.perhaps else ""
    return [
        {"label": i18n.gettext("Movements"), "value": seen.read, "note": "", "href": here},
        {"label": i18n.gettext("Known already"), "value": seen.known, "note": perhaps, "href": here},
        {"label": i18n.gettext("Name an open document"), "value": seen.named, "note": "", "href": here},
        {"label": i18n.gettext("Refused"), "value": seen.refused, "note": "", "href": "#remarks"},
    ]


def seen_statement(one: SeenStatement) -> dict[str, Any]:
    statement_, currency = one.statement, one.statement.currency or "EUR"
    return {
        "is_known": one.is_known,
        "file": one.file,
        "kind": i18n.say(_STATEMENTS.get(statement_.kind, t("Statement"))),
        "account": _iban(statement_.iban) or statement_.account or _NOTHING,
        "opening": _NOTHING if statement_.opening is None else i18n.money(statement_.opening),
        "closing": _NOTHING if statement_.closing is None else i18n.money(statement_.closing),
        "movements": one.movements,
        "came": i18n.money(Money(one.came, currency)),
        "went": i18n.money(Money(one.went, currency)),
    }


def seen_movement(one: Movement) -> dict[str, Any]:
    day = one.value_on or one.booked_on
    return {
        "day": i18n.short_day(day) if day else _NOTHING,
        "amount": i18n.money(one.amount),
        "who": one.counterparty.name or _iban(one.counterparty.iban) or _NOTHING,
        "text": one.text or one.creditor_reference or _NOTHING,
    }


# By code: what a page says where the reader's own sentence names options of the command line.
_ON_PAGE: dict[str, Text] = {
    "header_missing": t(
        "No line names the columns. The first line should have headers such as Data, Valuta, Importo, Descrizione."
    ),
    "column_missing": t("No column for %(field)s was found. The headers are: %(headers)s."),
}


def _say(code: str, text: Text) -> str:
    on_page = _ON_PAGE.get(code)
    if on_page is None:
        return sentences.say(code, text)
    args = dict(text.args or {})
    if args.get("field") in FIELD_LABELS:
        args["field"] = i18n.say(FIELD_LABELS[args["field"]])
    return i18n.say(Text(on_page.msgid, args or None))


def seen_remark(file: str, one: Refusal | Notice) -> dict[str, Any]:
    return {
        "where": f"{file}: {sentences.place(one.where)}",
        "sentence": _say(one.code, one.message),
        "code": one.code,
    }


def account(name: str) -> dict[str, str]:
    """An account that is none of the creditor's, to be ticked."""
    label = _iban(name) if wording.iban(name) else name
    return {"value": name, "label": label or i18n.gettext("an account without a name")}


def remark(one: StatementRemark) -> dict[str, Any]:
    """A kept remark in the reader's language."""
    return {
        "where": f"{one.file.rpartition('/')[2]}: {sentences.place(one.where)}",
        "sentence": _say(one.code, Text(one.msgid, one.args)),
        "code": one.code,
    }
