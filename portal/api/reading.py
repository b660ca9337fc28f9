"""What a system sends, as the imports know it: one rule decides what comes in by file and what comes in here."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from portal.api import shapes
from portal.core.money import Money, total
from portal.core.text import t
from portal.imports import identifiers
from portal.imports.documents import Document, DueItem, Notice, Party, Where
from portal.imports.tables.amounts import currency_code


class Doubts:
    """What was read with a doubt, each with its place."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.notices: list[Notice] = []

    def note(self, field: str, doubt: identifiers.Doubt) -> None:
        if doubt is not None:
            self.notices.append(Notice(doubt[0], Where(path=f"{self.place}/{field}"), doubt[1]))


def party(sent: Mapping[str, Any], doubts: Doubts) -> Party:
    """Raises ValidationError where nothing says who it is."""
    country = identifiers.read_country(sent.get("country") or "")
    vat = tax = from_vat = email = phone = None
    if sent.get("vat_number"):
        vat, from_vat, doubt = identifiers.split_vat(sent["vat_number"], country)
        doubts.note("vat_number", doubt)
    if sent.get("tax_code"):
        tax, doubt = identifiers.split_tax_code(sent["tax_code"])
        doubts.note("tax_code", doubt)
    if sent.get("email"):
        email, doubt = identifiers.read_email(sent["email"])
        doubts.note("email", doubt)
    if sent.get("phone"):
        phone, doubt = identifiers.read_phone(sent["phone"])
        doubts.note("phone", doubt)
    name = identifiers.clean(sent.get("name") or "")
    code = identifiers.clean(sent.get("code") or "", 64) or None
    if not (name or code or vat or tax):
        raise shapes.wrong(t("Nothing says who the customer is. Fill in the name or the code."), "code")
    home = country or from_vat
    postcode = sent.get("postcode")
    return Party(
        name=name or code or vat or tax or "",
        vat_number=vat or None,
        tax_code=tax or None,
        country=home,
        email=email,
        code=code,
        phone=phone,
        language=identifiers.read_language(sent["language"]) if sent.get("language") else None,
        postcode=identifiers.read_postcode(postcode, home == "IT") if postcode else None,
        kind=sent.get("kind") or identifiers.kind_of(vat or None, tax or None),
        salesperson=sent.get("salesperson"),
    )


def currency(written: str) -> str:
    """Raises ValidationError for what is none."""
    if currency_code(written) != written:
        raise shapes.wrong(t("“%(value)s” is not a currency. Write a code like EUR.", value=written), "currency")
    return written


def document(sent: Mapping[str, Any], place: str) -> Document:
    """One row of a call, `place` its JSON pointer. Raises ValidationError, with the field that it is about."""
    doubts = Doubts(place)
    in_currency = currency(sent["currency"])
    items = tuple(_item(one, at, in_currency, doubts) for at, one in enumerate(sent["items"]))
    due = total([one.amount for one in items], in_currency)
    stated = _amount(sent["total"], in_currency, "total") if sent.get("total") else due
    if stated != due:
        sentence = t("The document's total is %(total)s, its due amounts add up to %(sum)s.",
                     total=stated.plain, sum=due.plain)  # fmt: skip
        doubts.note("total", ("total_mismatch", sentence))
    if not items:
        doubts.note("items", ("nothing_due", t("Nothing is due on this document.")))
    number = identifiers.clean(sent["number"], 60)
    settled = [one.settled_on for one in items if one.settled_on is not None]
    try:
        who = party(sent["debtor"], _inside(doubts, "debtor"))
    except ValidationError as error:
        raise ValidationError({"debtor": error.normalized_messages()}) from None
    return Document(
        number=number,
        kind=sent["kind"],
        issued_on=sent["issued_on"],
        currency=in_currency,
        total=stated,
        due_items=tuple(sorted(items, key=lambda one: one.due_on)),
        debtor=who,
        where=Where(path=place),
        warnings=tuple(doubts.notices),
        settled_on=max(settled) if items and len(settled) == len(items) else None,
        disputed=any(one.disputed for one in items),
        related=(sent["related_number"],) if sent.get("related_number") else (),
        remittance=sent.get("remittance"),
        external_id=sent.get("external_id"),
    )


def _inside(doubts: Doubts, field: str) -> Doubts:
    """The same list of doubts, one step further in."""
    inner = Doubts(f"{doubts.place}/{field}")
    inner.notices = doubts.notices
    return inner


def _item(sent: Mapping[str, Any], at: int, in_currency: str, doubts: Doubts) -> DueItem:
    iban = None
    if sent.get("iban"):
        iban, doubt = identifiers.check_iban(sent["iban"])
        doubts.note(f"items/{at}/iban", doubt)
    amount = _amount(sent["amount"], in_currency, "items", at)
    return DueItem(sent["due_on"], amount, iban, sent.get("settled_on"), bool(sent.get("disputed")))


def _amount(written: str, in_currency: str, field: str, at: int | None = None) -> Money:
    try:
        return shapes.money(written, in_currency)
    except ValidationError as error:
        inside: Any = {at: {"amount": error.messages}} if at is not None else error.messages
        raise ValidationError({field: inside}) from None
