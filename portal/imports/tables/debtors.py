"""The cells that say who the debtor is, read into a Party; customers repeat, so each spelling is read once."""

from collections.abc import Callable, Sequence
from operator import itemgetter

from portal.core.text import Text, t
from portal.debtors.models import SALESPERSON_LENGTH
from portal.imports.documents import Party, Unreadable, Where
from portal.imports.identifiers import (
    Doubt,
    clean,
    is_personal,
    is_shortened,
    kind_of,
    read_country,
    read_email,
    read_language,
    read_phone,
    read_postcode,
    split_tax_code,
    split_vat,
    unwrap,
)
from portal.imports.options import Findings
from portal.imports.tables.layout import Columns

_REMEMBERED = 20_000
_NUMBER_LENGTH = 40
_FIELDS = (
    "debtor_code",
    "debtor_name",
    "vat_number",
    "tax_code",
    "email",
    "phone",
    "language",
    "postcode",
    "country",
    "salesperson",
)

Doubts = tuple[tuple[str, str, Text], ...]  # code, field, sentence


class DebtorCells:
    """Reads the debtor's cells of one table. `read` gives the Party and what is doubtful about it."""

    def __init__(self, columns: Columns, findings: Findings) -> None:
        self.findings, self.columns = findings, columns
        self.positions = {name: columns.at[name] for name in _FIELDS if name in columns.at}
        self.name_parts = columns.name_parts
        self.named_column = "debtor_name" in columns.at
        spots = tuple(dict.fromkeys((*self.positions.values(), *self.name_parts)))
        self.pick: Callable[[Sequence[object]], object] = itemgetter(*spots)
        self._known: dict[object, tuple[Party, Doubts]] = {}
        self._told: set[str] = set()

    def read(self, cells: Sequence[object]) -> tuple[Party, Doubts]:
        """Raises Unreadable where nothing names a debtor."""
        picked = self.pick(cells)
        known = self._known.get(picked)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[picked] = self._understand(cells)
        return known

    def _cell(self, cells: Sequence[object], name: str, longest: int) -> str | None:
        position = self.positions.get(name)
        return (clean(unwrap(str(cells[position])), longest) or None) if position is not None else None

    def _understand(self, cells: Sequence[object]) -> tuple[Party, Doubts]:
        doubts: list[tuple[str, str, Text]] = []

        def heed(field: str, doubt: Doubt) -> None:
            if doubt is not None:
                doubts.append((doubt[0], field, doubt[1]))

        country = self._country(cells)
        vat, tax, from_vat = self._numbers(cells, country, heed)
        code = self._cell(cells, "debtor_code", 64)
        if code and is_shortened(code):
            raise Unreadable(
                "debtor_code_damaged",
                t("A spreadsheet has shortened the customer code to %(code)s. Format the column as text.", code=code),
            )
        name = self._name(cells)
        if not (name or code or vat or tax):
            raise Unreadable("debtor_missing", t("Nothing says who the customer is. Fill in the name or the code."))
        if name is None and self.named_column:
            doubts.append(
                ("debtor_name_missing", "debtor_name", t("The customer has no name; the code stands for it."))
            )
        email = self._email(cells, heed)
        phone = self._phone(cells, heed)
        home = country or from_vat
        italian = home == "IT" or (home is None and bool(tax or (vat and len(vat) == 11)))
        postcode = self._cell(cells, "postcode", 16)
        party = Party(
            name=name or code or vat or tax or "",
            vat_number=vat,
            tax_code=tax,
            country=home,
            email=email,
            code=code,
            phone=phone,
            language=self._language(cells),
            postcode=read_postcode(postcode, italian) if postcode else None,
            kind=kind_of(vat, tax),
            salesperson=self._cell(cells, "salesperson", SALESPERSON_LENGTH),
        )
        return party, tuple(doubts)

    def _numbers(
        self, cells: Sequence[object], country: str | None, heed: Callable[[str, Doubt], None]
    ) -> tuple[str | None, str | None, str | None]:
        """VAT number, tax code and the country that the VAT number names; a tax code in the VAT column is one."""
        vat_cell = self._cell(cells, "vat_number", _NUMBER_LENGTH)
        tax_cell = self._cell(cells, "tax_code", _NUMBER_LENGTH)
        vat = tax = from_vat = None
        if vat_cell and is_personal(vat_cell.upper()) and not tax_cell:
            tax_cell, vat_cell = vat_cell, None
        if vat_cell:
            vat, from_vat, doubt = split_vat(vat_cell, country)
            heed("vat_number", doubt)
        if tax_cell:
            tax, doubt = split_tax_code(tax_cell)
            heed("tax_code" if "tax_code" in self.positions else "vat_number", doubt)
        return vat or None, tax or None, from_vat

    def _name(self, cells: Sequence[object]) -> str | None:
        if self.name_parts:
            parts = (clean(str(cells[at])) for at in self.name_parts)
            return " ".join(part for part in parts if part) or None
        position = self.positions.get("debtor_name")
        return (clean(str(cells[position])) or None) if position is not None else None

    def _email(self, cells: Sequence[object], heed: Callable[[str, Doubt], None]) -> str | None:
        cell = self._cell(cells, "email", 320)
        if not cell:
            return None
        email, doubt = read_email(cell)
        heed("email", doubt)
        return email

    def _phone(self, cells: Sequence[object], heed: Callable[[str, Doubt], None]) -> str | None:
        cell = self._cell(cells, "phone", 64)
        if not cell:
            return None
        phone, doubt = read_phone(cell)
        heed("phone", doubt)
        return phone

    def _once(self, code: str, field: str, text: Text) -> None:
        """What is wrong with a whole column is told once, not on each of its lines."""
        if code not in self._told:
            self._told.add(code)
            self.findings.note(code, text, Where(column=self.columns.header(self.positions[field])))

    def _country(self, cells: Sequence[object]) -> str | None:
        cell = self._cell(cells, "country", 64)
        country = read_country(cell) if cell else None
        if cell and country is None:
            self._once(
                "country_unreadable",
                "country",
                t("“%(value)s” is not a country; such values were left out.", value=cell),
            )
        return country

    def _language(self, cells: Sequence[object]) -> str | None:
        cell = self._cell(cells, "language", 64)
        language = read_language(cell) if cell else None
        if cell and language is None:
            self._once(
                "language_unreadable",
                "language",
                t("“%(value)s” is not a language; such values were left out.", value=cell),
            )
        return language
