"""The head of a statement in a CAMT message: whose account, from which balance to which."""

from contextlib import suppress
from dataclasses import dataclass, field

from portal.bank_statements import wording
from portal.bank_statements.documents import Notice, Refusal, Statement, Unreadable, Where
from portal.bank_statements.iso20022 import values
from portal.core.banking import IbanCheck, check_iban, normalise_iban
from portal.core.money import Money
from portal.core.text import t
from portal.imports.einvoices.xml import Element, children, find, local_name, text_at

_LONGEST_ACCOUNT = 64
OPENING = ("OPBD", "PRCD")  # yesterday's closing balance stands for today's opening one
CLOSING = ("CLBD",)


@dataclass(slots=True)
class Head:
    """A statement with what is to be said of its head; `paged`: the rest of it is in other files."""

    statement: Statement
    paged: bool = False
    remarks: list[Refusal | Notice] = field(default_factory=list)


def read(element: Element, kind: str, where: Where) -> Head:
    """Head of a `Stmt`, `Rpt` or `Ntfctn`. Balances that cannot be read are refused, not guessed."""
    stated = normalise_iban(text_at(element, "Acct/Id/IBAN"))[:34] or None
    other = text_at(element, "Acct/Id/Othr/Id").replace(" ", "")
    if stated is None and check_iban(other) is IbanCheck.OK:
        stated = normalise_iban(other)  # in the wrong field, but its check digits prove what it is
    statement = Statement(
        kind=kind,
        account=(stated or other)[:_LONGEST_ACCOUNT],
        iban=stated,
        currency=None,
        where=where,
        number=wording.one_line(text_at(element, "Id"), 70),
    )
    with suppress(Unreadable):  # the day of making is good to have and never money
        made = text_at(element, "CreDtTm")
        statement.made_on = values.day_of(made) if made else None
    head = Head(statement, paged=_is_paged(element))
    _balances(element, head)
    statement.currency = _currency(element, statement)
    _one_currency(head)
    return head


def _is_paged(element: Element) -> bool:
    """Whether the statement says that other pages of it exist."""
    pages = find(element, "StmtPgntn")
    if pages is None:
        parent = element.getparent()
        pages = find(parent, "GrpHdr/MsgPgntn") if parent is not None else None
    if pages is None:
        return False
    return text_at(pages, "LastPgInd") == "false" or text_at(pages, "PgNb") not in {"", "1"}


def _balances(element: Element, head: Head) -> None:
    found: dict[str, Money] = {}
    number = 0
    for balance in children(element, "Bal"):
        number += 1
        code = text_at(balance, "Tp/CdOrPrtry/Cd")
        if code not in {*OPENING, *CLOSING}:
            continue
        path = f"{head.statement.where.path}/Bal[{number}]"
        try:
            amount = values.amount(balance, "Amt")
            signed = None if amount is None else Money(amount.minor * values.sign(balance), amount.currency)
        except Unreadable as problem:
            head.remarks.append(values.refusal(problem, path))
            continue
        if signed is not None:
            found.setdefault(code, signed)
    head.statement.opening = next((found[code] for code in OPENING if code in found), None)
    head.statement.closing = next((found[code] for code in CLOSING if code in found), None)


def _currency(element: Element, statement: Statement) -> str | None:
    """The account's own currency, else that of its balances, else that of its first booking."""
    stated = text_at(element, "Acct/Ccy")
    if stated:
        return stated[:3]
    for balance in (statement.opening, statement.closing):
        if balance is not None:
            return balance.currency
    for child in element:
        if local_name(child) == "Ntry" and (amount := find(child, "Amt")) is not None:
            return (amount.get("Ccy") or "")[:3] or None
    return None


def _one_currency(head: Head) -> None:
    """Balances in another currency than the account's say nothing about its movements."""
    statement = head.statement
    for name in ("opening", "closing"):
        balance: Money | None = getattr(statement, name)
        if balance is None or balance.currency == statement.currency:
            continue
        text = t(
            "A balance is in %(named)s, but the account is kept in %(currency)s: it was not used.",
            named=balance.currency,
            currency=statement.currency or "–",
        )
        head.remarks.append(Refusal("currency_differs", statement.where, text))
        setattr(statement, name, None)
