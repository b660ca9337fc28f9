"""Names and identifiers that could be, and are nobody's: registration numbers that no office has reached."""

import random

from stdnum import luhn

_FAMILIES = (
    "Brambilla", "Colombo", "Fumagalli", "Galimberti", "Locatelli", "Mandelli", "Novati", "Oggioni", "Perego",
    "Radaelli", "Sala", "Tremolada", "Usuelli", "Valsecchi", "Zappa", "Bianchini", "Cattaneo", "Donati", "Ferrario",
    "Gerosa", "Invernizzi", "Lissoni", "Molteni", "Nava", "Pirola", "Redaelli", "Sironi", "Tagliabue", "Viganò",
    "Arosio",
)  # fmt: skip
_TRADES: dict[str, tuple[str, ...]] = {
    "building": ("Costruzioni", "Impianti", "Serramenti", "Edilizia", "Coperture"),
    "tourism": ("Hotel", "Trattoria", "Agriturismo", "Residence", "Lido"),
    "retail": ("Casa", "Moda", "Ferramenta", "Cartoleria", "Arredamenti"),
    "machines": ("Officine", "Meccanica", "Torneria", "Stampi", "Automazioni"),
    "food": ("Pastificio", "Salumificio", "Caseificio", "Panificio", "Ortofrutta"),
    "services": ("Studio", "Logistica", "Servizi", "Pulizie", "Consulenze"),
}
_FORMS = ("S.r.l.", "S.n.c.", "S.p.A.", "S.a.s.", "Soc. Coop.")
_POSTCODES = ("20900", "22100", "24121", "23900", "21100", "20121", "25121", "40121", "10121", "35121")
_OFFICES = ("015", "096", "013", "016", "097", "012")  # provinces in a VAT number
_FIRST = 9_000_000  # no office has given so many numbers yet
_SALESPEOPLE = ("Anna Riva", "Bruno Sala", "Carla Monti", "Dario Villa", "Elena Corti", None)


def salesperson(number: int) -> str | None:
    """Who looks after customer `number`; every sixth is nobody's."""
    return _SALESPEOPLE[number % len(_SALESPEOPLE)]


def company(sector: str, number: int, lot: random.Random) -> str:
    """A company's name; the place in it keeps two of one family apart."""
    family = lot.choice(_FAMILIES)
    if lot.random() < 0.3:
        family = f"{family} & {lot.choice(_FAMILIES)}"
    return f"{lot.choice(_TRADES[sector])} {family} {lot.choice(_FORMS)} ({number})"


def vat_number(number: int) -> str:
    """Eleven digits with the right check digit, each number once."""
    head = f"{_FIRST + number % 999_999:07d}{_OFFICES[number // 999_999 % len(_OFFICES)]}"
    return head + str(luhn.calc_check_digit(head))


def postcode(lot: random.Random) -> str:
    return lot.choice(_POSTCODES)
