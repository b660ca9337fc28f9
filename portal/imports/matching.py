"""Which debtor a document is about: found by code, VAT number, tax code or name, in that order, else made.

A re-import must not double the customers (pain 17): an e-invoice that names only a VAT number meets the
customer that a list brought in with a code, and the other way round.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select

from portal.core import bulk, clock, db, ids, scope
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors import marks, notices
from portal.debtors.models import ContactPoint, Debtor, folded
from portal.imports.documents import Party

CODE_LENGTH = 60
_FILLABLE = ("vat_number", "tax_code", "country", "postcode")


@dataclass(slots=True)
class Known:
    """The debtors that a chunk of documents may be about, by each way of naming them."""

    by_code: dict[str, Debtor] = field(default_factory=dict)
    by_vat: dict[str, Debtor] = field(default_factory=dict)
    by_tax: dict[str, Debtor] = field(default_factory=dict)
    by_name: dict[str, Debtor] = field(default_factory=dict)

    def learn(self, debtor: Debtor) -> None:
        self.by_code[debtor.code] = debtor
        if debtor.vat_number:
            self.by_vat.setdefault(debtor.vat_number, debtor)
        if debtor.tax_code:
            self.by_tax.setdefault(debtor.tax_code, debtor)
        self.by_name.setdefault(debtor.name_key, debtor)

    def find(self, party: Party) -> Debtor | None:
        """The debtor meant by `party`. A name alone counts only where the file gives nothing better."""
        if party.code:
            found = self.by_code.get(fitting(party.code))
            if found is not None:
                return found
        numbers = [number for number in (party.vat_number, party.tax_code) if number]
        found = self.by_vat.get(party.vat_number or "") or self.by_tax.get(party.tax_code or "")
        if found is None and not party.code:  # many a firm's customer code is its VAT number
            found = next((self.by_code[number] for number in numbers if number in self.by_code), None)
        if found is not None:
            # Two branches of one firm have one VAT number and two codes: a code of its own is a debtor of its own.
            return found if not party.code or found.code in {found.vat_number, found.tax_code} else None
        if party.code or party.vat_number or party.tax_code:
            return None
        return self.by_name.get(folded(party.name))


def fitting(code: str) -> str:
    """A code as it is kept: one that is too long keeps its beginning and a hash, so that no two become one."""
    if len(code) <= CODE_LENGTH:
        return code
    return f"{code[:40]}~{hashlib.sha256(code.encode()).hexdigest()[:16]}"


def load(parties: Sequence[Party]) -> Known:
    """One query for all debtors that these parties may mean."""
    codes = {fitting(p.code) for p in parties if p.code} | {p.vat_number for p in parties if p.vat_number}
    codes |= {p.tax_code for p in parties if p.tax_code}
    vats = {p.vat_number for p in parties if p.vat_number}
    taxes = {p.tax_code for p in parties if p.tax_code}
    names = {folded(p.name) for p in parties if not (p.code or p.vat_number or p.tax_code)}
    known = Known()
    rows = db.session().scalars(
        select(Debtor).where(
            or_(
                Debtor.code.in_(codes),
                Debtor.vat_number.in_(vats),
                Debtor.tax_code.in_(taxes),
                Debtor.name_key.in_(names),
            )
        )
    )
    for debtor in rows:
        known.learn(debtor)
    return known


def _own_code(party: Party) -> str:
    return fitting(party.code or party.vat_number or party.tax_code or f"~{folded(party.name)}")


def add_missing(parties: Sequence[Party], known: Known, creditor: Creditor) -> None:
    """Adds the debtors that are not known yet, in bulk, and fills in what is newly known of the others."""
    creditor_id = scope.current().creditor_id
    fresh: dict[str, Debtor] = {}
    in_charge: dict[int, tuple[Debtor, str]] = {}
    for party in parties:
        found = known.find(party)
        if found is None:
            debtor = Debtor(
                id=ids.new_id(),
                creditor_id=creditor_id,
                code=_own_code(party),
                name=party.name[:200],
                name_key=folded(party.name),
                kind=party.kind or "business",
                vat_number=party.vat_number,
                tax_code=party.tax_code,
                country=party.country,
                postcode=party.postcode,
                language=party.language or creditor.language,
                salesperson=party.salesperson,
                created_at=clock.now(),
            )
            fresh[debtor.code] = debtor
            known.learn(debtor)
        else:
            _fill_in(found, party, known)
            if party.salesperson:
                in_charge[found.id] = found, party.salesperson
    made = {debtor.id for debtor in fresh.values()}
    for debtor, salesperson in in_charge.values():  # what the file says last holds; who was made here is told of once
        if debtor.id in made:
            debtor.salesperson = salesperson
        else:
            debtors.put_in_charge(debtor, salesperson)
    columns = [column.key for column in Debtor.__mapper__.column_attrs]
    if fresh:
        rows = [{name: getattr(debtor, name) for name in columns} for debtor in fresh.values()]
        bulk.insert(Debtor, rows)


def _fill_in(debtor: Debtor, party: Party, known: Known) -> None:
    """What the creditor's system newly knows; it never takes anything away."""
    for name in _FILLABLE:
        if getattr(debtor, name) is None and getattr(party, name):
            setattr(debtor, name, getattr(party, name))
    if party.code and debtor.code != fitting(party.code) and debtor.code in {debtor.vat_number, debtor.tax_code}:
        debtor.code = fitting(party.code)  # it had none of its own until now
    if party.name and debtor.name != party.name and debtor.name == debtor.code:
        debtor.name = party.name[:200]
    known.learn(debtor)


def add_contacts(parties: Sequence[Party], known: Known, certified: Sequence[bool], began: datetime) -> set[int]:
    """Adds addresses that are new; one that the debtor corrected or that bounced is not brought back (A-10).

    What a customer brings along who comes with this import, which `began` then, the creditor has held as long as
    the customer. To one who was there before it is a change: it takes no codes for 72 hours, and the addresses in
    use are told, once an import (rules A.4, A-44).
    Returns the places of the parties of whom an address was left out that had gone from here: not theirs (C-23).
    """
    wanted: dict[tuple[int, str, str], list[int]] = {}
    there_before: set[int] = set()
    for place, (party, is_certified) in enumerate(zip(parties, certified, strict=True)):
        debtor = known.find(party)
        if debtor is None:
            continue
        if debtor.created_at < began:
            there_before.add(debtor.id)
        if party.email:
            # A certified address (PEC) is used where there is no other.
            channel = "pec" if is_certified else "email"
            wanted.setdefault((debtor.id, channel, party.email.strip().lower()), []).append(place)
        if party.phone:
            wanted.setdefault((debtor.id, "mobile", party.phone.strip()), []).append(place)
    if not wanted:
        return set()
    there = db.session().execute(
        select(ContactPoint.debtor_id, ContactPoint.channel, ContactPoint.address, ContactPoint.sealed_mark).where(
            ContactPoint.debtor_id.in_({debtor_id for debtor_id, _, _ in wanted})
        )
    )
    marked: dict[int, list[str]] = {}
    for debtor_id, channel, address, mark in there:
        wanted.pop((debtor_id, channel, address), None)
        if mark is not None:
            marked.setdefault(debtor_id, []).append(mark)
    gone = [one for one in wanted if any(marks.is_of(mark, *one) for mark in marked.get(one[0], ()))]
    left_out = {place for one in gone for place in wanted.pop(one)}
    new = [debtors.NewContact(*one, rests=one[0] in there_before) for one in wanted]
    notices.tell_of_import([one for one in new if one.rests], began)
    debtors.add_contacts(new)
    return left_out
