"""What the company sells, at which prices, and how VAT stands on it: the lines of the demo's invoices."""

import random
from dataclasses import dataclass

from portal.demo.people import Debtor, Kind


@dataclass(frozen=True, slots=True)
class Vat:
    """How a sale is taxed: `rate` in hundredths of a per cent; without VAT the `nature` code and the law."""

    rate: int
    nature: str | None = None
    law: str | None = None
    payability: str = "I"  # EsigibilitaIVA: I at once, S split payment

    @property
    def rate_text(self) -> str:
        """`22.00`, as the e-invoice writes it."""
        return f"{self.rate // 100}.{self.rate % 100:02d}"


ORDINARY = Vat(22_00)
HOMES = Vat(10_00)  # maintenance of dwellings, tab. A III, 127-duodecies
REVERSE_CHARGE = Vat(0, "N6.7", "Inversione contabile, art. 17 c. 6 lett. a-ter DPR 633/72")
SPLIT_PAYMENT = Vat(22_00, payability="S")
OUTSIDE_ITALY = Vat(0, "N2.1", "Operazione non soggetta, art. 7-quater DPR 633/72")


@dataclass(frozen=True, slots=True)
class Work:
    """One thing sold: net price between `low` and `high` minor units, in steps of `step`."""

    description: str
    low: int
    high: int
    step: int = 500
    most: int = 1  # the largest quantity on a line

    def price(self, rng: random.Random) -> int:
        return rng.randrange(self.low, self.high + 1, self.step)


FOR_HOMES = (
    Work("Visita di controllo caldaia", 27_27, 27_27, 1),
    Work("Manutenzione ordinaria caldaia con prova fumi e bollino", 75_00, 115_00),
    Work("Pulizia e sanificazione climatizzatore", 45_00, 60_00, 250, 3),
    Work("Riparazione perdita impianto idrico, ricambi compresi", 90_00, 260_00),
    Work("Sostituzione scheda elettronica caldaia", 210_00, 340_00),
    Work("Fornitura e posa climatizzatore dual split", 1_450_00, 2_300_00, 50_00),
    Work("Sostituzione caldaia a condensazione 24 kW", 2_200_00, 3_400_00, 50_00),
)
FOR_COMPANIES = (
    Work("Canone trimestrale manutenzione impianti", 280_00, 1_150_00, 10_00),
    Work("Intervento urgente su impianto elettrico", 140_00, 420_00),
    Work("Verifica periodica impianto di messa a terra", 180_00, 360_00, 10_00),
    Work("Manutenzione gruppo frigorifero", 320_00, 890_00, 10_00),
    Work("Ore di manodopera specializzata", 38_00, 44_00, 100, 24),
    Work("Lampada di emergenza LED, fornita", 41_50, 88_00, 50, 12),
    Work("Ricambi e materiale di consumo", 35_00, 310_00, 250),
)
PLANTS = (
    Work("Rifacimento quadro elettrico generale", 1_800_00, 5_600_00, 50_00),
    Work("Adeguamento centrale termica con pompa di calore", 9_000_00, 18_500_00, 250_00),
    Work("Impianto fotovoltaico 15 kWp chiavi in mano", 15_500_00, 19_500_00, 250_00),
    Work("Impianto di climatizzazione VRF", 7_200_00, 14_800_00, 100_00),
    Work("Impianto antincendio: rivelatori e centrale", 3_100_00, 6_900_00, 50_00),
)
LARGEST_PLANT = Work("Centrale termica e rete di distribuzione, saldo lavori", 24_000_00, 24_000_00)
BRANCH_VISITS = (
    Work("Manutenzione programmata punto vendita", 95_00, 310_00),
    Work("Sostituzione corpi illuminanti reparto", 60_00, 140_00, 250, 6),
    Work("Intervento su banco frigo", 120_00, 480_00),
    Work("Uscita e diagnosi", 45_00, 70_00, 250),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice: whole units at a net price in minor units."""

    description: str
    quantity: int
    unit_minor: int

    @property
    def net_minor(self) -> int:
        return self.quantity * self.unit_minor


def lines_for(debtor: Debtor, rng: random.Random, plant: bool = False) -> tuple[Line, ...]:
    """One to three believable lines; `plant` sells a whole installation instead of upkeep."""
    if plant and not debtor.consumer:
        return (_line(rng.choice(PLANTS), rng),)
    if debtor.consumer:
        return (_line(rng.choice(FOR_HOMES), rng),)
    works = rng.sample(FOR_COMPANIES, rng.choice((1, 1, 2, 3)))
    return tuple(_line(work, rng) for work in works)


def branch_lines(rng: random.Random) -> tuple[Line, ...]:
    """What a chain of shops orders: one or two small jobs."""
    return tuple(_line(work, rng) for work in rng.sample(BRANCH_VISITS, rng.choice((1, 1, 2))))


def vat_for(debtor: Debtor, plant: bool = False) -> Vat:
    """Installations in a company's building go under reverse charge, homes at 10 %, the rest at 22 %."""
    if debtor.kind is Kind.FOREIGN:
        return OUTSIDE_ITALY
    if debtor.kind is Kind.UTILITY:
        return SPLIT_PAYMENT
    if debtor.kind in {Kind.CONSUMER, Kind.CONDOMINIUM}:
        return HOMES
    return REVERSE_CHARGE if plant and debtor.vat_number else ORDINARY


def _line(work: Work, rng: random.Random) -> Line:
    return Line(work.description, rng.randint(1, work.most), work.price(rng))
