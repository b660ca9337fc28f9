"""A bank of our own: money comes and goes on one account, and the bank tells of it as CAMT.052, .053, .054 or MT940.

The same sequence of calls gives the same bytes. Used by tests, the demo and the simulator; opens no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from portal.core.money import Money

IBAN = "IT60X0542811101000000123456"
_SPACE = "urn:iso:std:iso:20022:tech:xsd:"
_MESSAGES = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement in the bank's books: credit positive, debit negative."""

    number: int
    amount: Money
    booked_on: date
    value_on: date
    reference: str | None
    text: str
    name: str
    iban: str | None
    end_to_end_id: str | None
    returns: int | None = None  # the number of the credit that it gives back
    batch: int | None = None  # the booking that it is a part of

    @property
    def bank_reference(self) -> str:
        return f"B{self.number:012d}"


class BankDouble:
    """One account at the bank; `opening` is its balance before the first movement."""

    def __init__(self, iban: str = IBAN, *, opening: Money | None = None, with_references: bool = True) -> None:
        self.iban, self.opening = iban, opening or Money(0, "EUR")
        self.with_references = with_references  # whether the bank names its bookings (AcctSvcrRef)
        self.booked: list[Booked] = []

    def credit(
        self,
        amount: Money,
        day: date,
        *,
        reference: str | None = None,
        text: str = "",
        name: str = "Bianchi Costruzioni S.n.c.",
        iban: str | None = "IT25O0306909606100000012345",
        end_to_end_id: str | None = None,
        value_on: date | None = None,
    ) -> Booked:
        """Somebody pays: `reference` goes into the structured field, `text` into the free one."""
        return self._book(amount, day, value_on or day, reference, text, name, iban, end_to_end_id)

    def debit(
        self,
        amount: Money,
        day: date,
        *,
        text: str = "",
        name: str = "Fornitore S.p.A.",
        iban: str = "DE89370400440532013000",
    ) -> Booked:
        """Our creditor pays somebody."""
        return self._book(-amount, day, day, None, text, name, iban, None)

    def return_(self, credit: Booked, day: date) -> Booked:
        """The payer's bank takes a credit back."""
        return self._book(
            -credit.amount, day, day, credit.reference, credit.text, credit.name, credit.iban, credit.end_to_end_id,
            returns=credit.number,
        )  # fmt: skip

    def batch(self, parts: Iterable[tuple[Money, str | None]], day: date) -> list[Booked]:
        """Several credits (amount, reference) that the bank books as one sum."""
        number = len(self.booked) + 1
        return [
            self._book(
                amount, day, day, reference, "", f"Cliente {place}", None, f"E2E-{number}-{place}", batch=number
            )
            for place, (amount, reference) in enumerate(parts, start=1)
        ]

    def _book(  # noqa: PLR0917 - one line of a bank's books has these parts
        self, amount: Money, day: date, value_on: date, reference: str | None, text: str, name: str,
        iban: str | None, end_to_end_id: str | None, *, returns: int | None = None, batch: int | None = None,
    ) -> Booked:  # fmt: skip
        number = len(self.booked) + 1
        made = Booked(
            number,
            amount,
            day,
            value_on,
            reference,
            text,
            name,
            iban,
            end_to_end_id or f"E2E-{number}",
            returns,
            batch,
        )
        self.booked.append(made)
        return made

    def balance(self, until: date, *, before: bool = False) -> Money:
        """What stands on the account at the end of a day, or at its beginning."""
        counted = [
            one.amount for one in self.booked if one.booked_on < until or (not before and one.booked_on == until)
        ]
        return Money(self.opening.minor + sum(one.minor for one in counted), self.opening.currency)

    def statement(self, day: date, only: Iterable[Booked] | None = None) -> bytes:
        """CAMT.053 of a day; with `only`, a piece of it without balances."""
        return self._message("053", day, only)

    def report(self, day: date, only: Iterable[Booked] | None = None) -> bytes:
        """CAMT.052: what has been booked so far."""
        return self._message("052", day, only)

    def notification(self, day: date, only: Iterable[Booked] | None = None) -> bytes:
        """CAMT.054: the movements of a day, batches taken apart."""
        return self._message("054", day, only)

    def _message(self, kind: str, day: date, only: Iterable[Booked] | None) -> bytes:
        root, element = _MESSAGES[kind]
        moved = [one for one in self.booked if one.booked_on == day] if only is None else list(only)
        number = f"{kind}-{day:%Y%m%d}-{len(moved)}-{moved[0].number if moved else 0}"
        balances = "" if kind != "053" or only is not None else self._balances(day)
        entries = "".join(self._entry(bookings, apart=kind == "054") for bookings in _bookings(moved))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_SPACE}camt.{kind}.001.08"><{root}><GrpHdr>'
            f"<MsgId>{number}</MsgId><CreDtTm>{day}T18:00:00+01:00</CreDtTm></GrpHdr><{element}><Id>{number}</Id>"
            f"<CreDtTm>{day}T18:00:00+01:00</CreDtTm><Acct><Id><IBAN>{self.iban}</IBAN></Id>"
            f"<Ccy>{self.opening.currency}</Ccy></Acct>{balances}{entries}</{element}></{root}></Document>\n"
        ).encode()

    def _balances(self, day: date) -> str:
        opening, closing = self.balance(day, before=True), self.balance(day)
        return _balance("OPBD", opening, day) + _balance("CLBD", closing, day)

    def _entry(self, parts: list[Booked], *, apart: bool) -> str:
        first = parts[0]
        total = Money(sum(one.amount.minor for one in parts), first.amount.currency)
        named = f"<AcctSvcrRef>{first.bank_reference}</AcctSvcrRef>" if self.with_references else ""
        batch = f"<Btch><NbOfTxs>{len(parts)}</NbOfTxs></Btch>" if first.batch is not None else ""
        details = "".join(self._details(one) for one in parts) if apart or first.batch is None else ""
        reversal = "<RvslInd>true</RvslInd>" if first.returns is not None else ""
        return (
            f"<Ntry>{_amount(total)}{reversal}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{first.booked_on}</Dt></BookgDt>"
            f"<ValDt><Dt>{first.value_on}</Dt></ValDt>{named}<BkTxCd/><NtryDtls>{batch}{details}</NtryDtls></Ntry>"
        )

    def _details(self, one: Booked) -> str:
        role = "Cdtr" if one.amount.minor < 0 and one.returns is None else "Dbtr"
        account = f"<{role}Acct><Id><IBAN>{one.iban}</IBAN></Id></{role}Acct>" if one.iban else ""
        free = f"<Ustrd>{escape(one.text)}</Ustrd>" if one.text else ""
        coded = f"<Strd><CdtrRefInf><Ref>{escape(one.reference)}</Ref></CdtrRefInf></Strd>" if one.reference else ""
        named = (
            f"<AcctSvcrRef>{one.bank_reference}</AcctSvcrRef>"
            if self.with_references and one.batch is not None
            else ""
        )
        return (
            f"<TxDtls><Refs>{named}<EndToEndId>{escape(one.end_to_end_id or '')}</EndToEndId></Refs>"
            f"{_amount(one.amount)}<RltdPties><{role}><Pty><Nm>{escape(one.name)}</Nm></Pty></{role}>{account}"
            f"</RltdPties><RmtInf>{free}{coded}</RmtInf></TxDtls>"
        )

    def mt940(self, day: date) -> bytes:
        """The same day as an MT940, references in the free text."""
        opening, closing = self.balance(day, before=True), self.balance(day)
        lines = [f":20:{day:%y%m%d}", f":25:{self.iban}", ":28C:1/1", f":60F:{_swift(opening, day)}"]
        for one in (moved for moved in self.booked if moved.booked_on == day):
            mark = ("C" if one.amount.minor > 0 else "D") if one.returns is None else "RC"
            number = f"//{one.bank_reference}" if self.with_references else ""
            lines.append(f":61:{one.value_on:%y%m%d}{one.booked_on:%m%d}{mark}{_comma(one.amount)}NTRFNONREF{number}")
            said = f"/EREF/{one.end_to_end_id}/ORDP//NAME/{one.name}/IBAN/{one.iban or ''}/REMI/"
            lines.append(f":86:{said}{' '.join(filter(None, (one.reference, one.text)))}")
        return "\r\n".join([*lines, f":62F:{_swift(closing, day)}", "-", ""]).encode()


def _bookings(moved: list[Booked]) -> Iterable[list[Booked]]:
    """Movements as the bank books them: the parts of a batch are one booking."""
    found: dict[object, list[Booked]] = {}
    for one in moved:
        found.setdefault(("batch", one.batch) if one.batch is not None else one.number, []).append(one)
    return found.values()


def _amount(signed: Money) -> str:
    direction = "CRDT" if signed.minor >= 0 else "DBIT"
    bare = signed if signed.minor >= 0 else -signed
    return f'<Amt Ccy="{signed.currency}">{bare.plain}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'


def _balance(code: str, amount: Money, day: date) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_amount(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def _comma(amount: Money) -> str:
    return (amount if amount.minor >= 0 else -amount).plain.replace(".", ",")


def _swift(amount: Money, day: date) -> str:
    return f"{'C' if amount.minor >= 0 else 'D'}{day:%y%m%d}{amount.currency}{_comma(amount)}"
