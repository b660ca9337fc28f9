"""The bookings of a CAMT message: what is money already, taken apart where a batch says its parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.bank_statements import wording
from portal.bank_statements.documents import Counterparty, Movement, Notice, Refusal, Statement, Unreadable, Where
from portal.bank_statements.iso20022 import values
from portal.core.banking import is_rf, normalise_iban, normalise_rf
from portal.core.money import Money
from portal.core.text import t
from portal.imports.einvoices.xml import Element, children, find, text_at

PARTS_DIFFER = "batch_differs"
BOOKED = "BOOK"
NOT_YET = frozenset({"PDNG", "FUTR", "INFO"})
_RETURNS = frozenset({"RRTN", "RPCR", "UPCT", "ARET"})  # sub-families: given back, cancelled, unpaid
_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")


@dataclass(frozen=True, slots=True)
class Side:
    """One party of a payment with its account."""

    name: str | None
    iban: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One `TxDtls`: everything of it that is kept. `amounts` are unsigned; `sign` is None where it says none."""

    amounts: tuple[Money, ...]
    sign: int | None
    end_to_end_id: str | None
    bank_reference: str | None
    references: tuple[str, ...]
    remittance: str
    additional: str
    payer: Side
    payee: Side
    returned: bool

    def amount_in(self, currency: str) -> Money | None:
        return next((one for one in self.amounts if one.currency == currency), None)


def detail(element: Element) -> Detail:
    """A `TxDtls` as it stands; an amount in it that cannot be read is as good as none, the sums will tell."""
    amounts = []
    for path in _AMOUNTS:
        try:
            found = values.amount(element, path)
        except Unreadable:
            continue
        if found is not None:
            amounts.append(found)
    word = text_at(element, "CdtDbtInd")
    references = _references(element)
    return Detail(
        amounts=tuple(amounts),
        sign={values.CREDIT: 1, values.DEBIT: -1}.get(word),
        end_to_end_id=wording.reference(text_at(element, "Refs/EndToEndId")),
        bank_reference=wording.reference(
            text_at(element, "Refs/AcctSvcrRef") or text_at(element, "Refs/UETR") or text_at(element, "Refs/TxId")
        ),
        references=references,
        remittance=_remittance(element, references),
        additional=text_at(element, "AddtlTxInf"),
        payer=_side(element, "Dbtr"),
        payee=_side(element, "Cdtr"),
        returned=find(element, "RtrInf") is not None or _code(element) in _RETURNS,
    )


def _code(element: Element) -> str:
    return text_at(element, "BkTxCd/Domn/Fmly/SubFmlyCd")


def _references(element: Element) -> tuple[str, ...]:
    """The structured creditor references, in the file's order."""
    found = []
    information = find(element, "RmtInf")
    for structured in children(information, "Strd") if information is not None else ():
        said = wording.reference(text_at(structured, "CdtrRefInf/Ref"), 140)
        if said:
            found.append(normalise_rf(said) if is_rf(said) else said)
    return tuple(found)


def _remittance(element: Element, references: Sequence[str]) -> str:
    """What the payer wrote: free text, then the documents and further references that are named in fields."""
    information = find(element, "RmtInf")
    if information is None:
        return ""
    words = [" ".join((one.text or "").split()) for one in children(information, "Ustrd")]
    for structured in children(information, "Strd"):
        words += [text_at(document, "Nb") for document in children(structured, "RfrdDocInf")]
        words += [" ".join((one.text or "").split()) for one in children(structured, "AddtlRmtInf")]
    return " ".join(filter(None, [*words, *references[1:]]))


def _side(element: Element, role: str) -> Side:
    """Payer (`Dbtr`) or payee (`Cdtr`); since version 8 a party may stand one level deeper, or be a bank."""
    name = ""
    for who in (role, f"Ultmt{role}"):
        for path in ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm"):
            name = name or text_at(element, f"RltdPties/{who}/{path}")
    iban = normalise_iban(text_at(element, f"RltdPties/{role}Acct/Id/IBAN"))[:34] or None
    return Side(wording.one_line(name, 140), iban)


def movements(
    entry: Element, details: Sequence[Detail], statement: Statement, path: str
) -> Iterator[Movement | Refusal | Notice]:
    """The movements of one `Ntry`; what is not money yet, or cannot be read, is said instead."""
    try:
        said = _not_booked(entry, statement, path)
        if said is not None:
            yield said
            return
        amount = values.amount(entry, "Amt")
        if amount is None:
            raise Unreadable("amount_missing", t("This booking has no amount."))  # noqa: TRY301
        amount = Money(amount.minor * values.sign(entry), amount.currency)
        dates = values.day(entry, "BookgDt"), values.day(entry, "ValDt")
    except Unreadable as problem:
        yield values.refusal(problem, path)
        return
    if statement.currency is None:
        statement.currency = amount.currency
    if amount.currency != statement.currency:
        text = t(
            "This booking is in %(named)s, but the account is kept in %(currency)s. It was not converted.",
            named=amount.currency,
            currency=statement.currency,
        )
        yield Refusal("currency_differs", Where(path=path), text)
        return
    yield from _taken_apart(_Entry(entry, amount, *dates, path), details)


def _not_booked(entry: Element, statement: Statement, path: str) -> Refusal | Notice | None:
    """Only what is booked is money (issue 3, pain 4)."""
    status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts") or text_at(entry, "Sts/Prtry")
    if status == BOOKED or (not status and statement.kind == "camt.053"):
        return None
    if status in NOT_YET:
        return Notice("not_booked", Where(path=path), t("Not booked yet (%(status)s): left out.", status=status))
    text = t("This booking does not say that it is booked (“%(status)s”).", status=wording.one_line(status, 20) or "")
    return Refusal("status_unknown", Where(path=path), text)


class _Entry:
    """A booked `Ntry` with its signed amount."""

    def __init__(self, element: Element, amount: Money, booked_on: object, value_on: object, path: str) -> None:
        self.element, self.amount, self.path = element, amount, path
        self.booked_on, self.value_on = booked_on, value_on
        self.reversal = text_at(element, "RvslInd") == "true"
        self.returned = _code(element) in _RETURNS
        self.reference = wording.reference(text_at(element, "AcctSvcrRef"))
        self.additional = text_at(element, "AddtlNtryInf")
        self.stated_parts = _stated_parts(element)

    def other_side(self, found: Detail | None, amount: Money) -> Side:
        """Who is not us: the payer of a credit, the payee of a debit; a reversal keeps the parties of what it
        takes back, or says the one that it knows."""
        if found is None:
            return Side(None, None)
        chosen, other = found.payer, found.payee
        if (amount.minor > 0) is self.reversal:
            chosen, other = other, chosen
        return other if self.reversal and chosen == Side(None, None) else chosen

    def movement(self, found: Detail | None, amount: Money, part: int | None = None) -> Movement:
        side = self.other_side(found, amount)
        remittance = found.remittance if found is not None else ""
        text = remittance or (found.additional if found is not None else "") or self.additional
        stated = found.references[0] if found is not None and found.references else None
        return Movement(
            amount=amount,
            booked_on=self.booked_on,  # type: ignore[arg-type]
            value_on=self.value_on,  # type: ignore[arg-type]
            where=Where(path=self.path if part is None else f"{self.path}/NtryDtls/TxDtls[{part}]"),
            reversal=self.reversal,
            returned=self.reversal or self.returned or (found is not None and found.returned),
            end_to_end_id=found.end_to_end_id if found is not None else None,
            creditor_reference=stated or wording.rf_written(text),
            text=wording.one_line(text),
            remittance=wording.one_line(remittance) or "",
            counterparty=Counterparty(side.name, side.iban),
            entry_reference=self.reference,
            entry_amount=self.amount,
            bank_reference=found.bank_reference if found is not None else None,
            part=part,
        )


def _stated_parts(entry: Element) -> int | None:
    """How many payments the bank says that a booking holds."""
    total = 0
    for group in children(entry, "NtryDtls"):
        raw = text_at(group, "Btch/NbOfTxs")
        if raw.isascii() and raw.isdigit() and len(raw) <= 9:
            total += int(raw)
    return total or None


def _taken_apart(entry: _Entry, details: Sequence[Detail]) -> Iterator[Movement | Refusal | Notice]:
    if not any(found.amounts for found in details) and not _is_single(entry, details):
        if details or entry.stated_parts is not None:
            text = t(
                "The bank booked %(count)s payments as one and does not say which. Ask for the details (CAMT.054).",
                count=entry.stated_parts or len(details),
            )
            yield Notice("batch_not_itemised", Where(path=entry.path), text)
        yield entry.movement(None, entry.amount)
        return
    if _is_single(entry, details):
        yield entry.movement(details[0] if details else None, entry.amount)
        return
    parts = _signed(entry.amount, details)
    if parts is None:
        text = t(
            "The %(count)s parts of this booking do not make up its amount of %(amount)s. It was taken as one.",
            count=len(details),
            amount=f"{entry.amount.plain} {entry.amount.currency}",
        )
        yield Refusal(PARTS_DIFFER, Where(path=entry.path), text)
        yield entry.movement(None, entry.amount)
        return
    for number, (found, part) in enumerate(zip(details, parts, strict=True), start=1):
        yield entry.movement(found, part, number)


def _is_single(entry: _Entry, details: Sequence[Detail]) -> bool:
    """Whether the booking is one payment, whose details are all of it."""
    return len(details) <= 1 and entry.stated_parts in {None, 1}


def _signed(whole: Money, details: Sequence[Detail]) -> list[Money] | None:
    """The parts with their signs if together they are the booking's amount, else None.

    A part has its own sign; some banks write another than they mean, then all have the booking's.
    """
    direction = 1 if whole.minor >= 0 else -1
    bare = [found.amount_in(whole.currency) for found in details]
    if any(one is None for one in bare):
        return None
    for signs in ([found.sign or direction for found in details], [direction] * len(details)):
        parts = [Money(one.minor * by, one.currency) for one, by in zip(bare, signs, strict=True) if one is not None]
        if sum(part.minor for part in parts) == whole.minor:
            return parts
    return None
