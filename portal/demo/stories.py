"""What happened this month: which customer bought what, when it falls due, and whether it was paid."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from portal.demo.catalogue import LARGEST_PLANT, Line, branch_lines, lines_for, vat_for
from portal.demo.invoices import Draft
from portal.demo.people import CAST, Debtor, Kind

# Days from today to the due date; below zero is late. The caring window is 10…1.
_CARING = (1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 9, 10)
_LATER = (12, 14, 17, 19, 22, 24, 26, 29, 33, 44, 57)
_LATE = (-3, -4, -7, -8, -11, -14, -19, -23, -27, -34, -42, -48, -55, -61, -77, -94, -108, -121, -137, -150)
# (days from today to the due date, days after it on which the money came)
_PAID_ON_TIME = tuple((-7 * week, -(week * 5 % 7)) for week in range(1, 17))
_PAID_LATE = tuple((-9 * step - 6, 4 + step * 11 % (8 * step + 3)) for step in range(1, 13))
_CLERK = (-35, -21, -14, -9, -6, -4, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
_CLERK_LATER = (11, 12, 13, 15, 16, 18, 20, 22, 23, 25, 27, 29, 31, 33, 35, 38, 40, 43, 46, 49, 52, 55)
# These have their own story; the others share the ordinary ones.
_APART = {CAST[part] for part in ("clerk", "split_payment", "condominium", "foreign", "elderly")}
_WITHHOLDING_OF_CONDOMINIUMS = 4_00  # art. 25-ter DPR 600/73


class Stories:
    """Makes drafts for one `today`; all chance comes from `rng`, in a fixed order."""

    def __init__(self, debtors: Sequence[Debtor], today: date, rng: random.Random) -> None:
        self.by_code = {debtor.code: debtor for debtor in debtors}
        self.today = today
        self.rng = rng
        self._ordinary = self._round([debtor for debtor in debtors if debtor.code not in _APART])

    def all(self) -> list[Draft]:
        invoices = [*self._everyday(), *self._paid(), *self._clerk(), *self._special(), *self._instalments()]
        return [*invoices, *self._credit_notes(invoices)]

    # -- the ordinary run of business

    def _everyday(self) -> Iterator[Draft]:
        for due_in in (*_CARING, *_LATER, *_LATE):
            yield self.sale(next(self._ordinary), due_in, plant=due_in % 7 == 5)
        for code in ("C0104", "C0123", "C0202"):
            yield self.sale(self.by_code[code], 0)

    def _paid(self) -> Iterator[Draft]:
        for due_in, after in (*_PAID_ON_TIME, *_PAID_LATE):
            yield self.sale(next(self._ordinary), due_in, paid_after=after, plant=due_in % 5 == 0)

    def _clerk(self) -> Iterator[Draft]:
        for due_in in (*_CLERK, *_CLERK_LATER):
            yield self.sale(self._of("clerk"), due_in, terms=60, lines=branch_lines(self.rng))
        for due_in, after in ((-66, 9), (-96, 14), (-127, 11)):
            yield self.sale(self._of("clerk"), due_in, terms=60, paid_after=after, lines=branch_lines(self.rng))

    # -- the cast

    def _special(self) -> Iterator[Draft]:
        yield self.sale(self._of("elderly"), 5)
        yield self.sale(self._of("elderly"), -88, paid_after=-3)
        yield self.sale(self._of("english"), 4)
        yield self.sale(self._of("english"), -12)
        yield self.sale(self._of("caring"), 6)
        yield self.sale(self._of("no_email"), -16)
        yield self.sale(self.by_code["C0104"], 25, plant=True, lines=(_line(LARGEST_PLANT.description, 24_000_00),))
        yield self.sale(self._of("disputed"), -22, disputed=True)
        for due_in in (-95, -45, -15):
            yield self.sale(self._of("late"), due_in)
        for due_in in (8, 30):
            yield self.sale(self._of("split_payment"), due_in)
        for due_in, after in ((9, None), (-26, None), (-70, 5)):
            yield self.sale(self._of("condominium"), due_in, paid_after=after)
        for due_in, after in ((20, None), (-40, 3)):
            yield self.sale(self._of("foreign"), due_in, paid_after=after)
        for code, due_in, ago, share in (
            ("C0120", -18, 9, 50),
            ("C0116", -63, 20, 30),
            ("C0206", -30, 12, 40),
        ):
            yield self.sale(self.by_code[code], due_in, part_paid=(self._day(-ago), share))
        yield self.sale(self.by_code["C0109"], 7, part_paid=(self._day(-2), 25))

    def _instalments(self) -> Iterator[Draft]:
        """Plants paid at 30, 60 and 90 days: some rates settled, some open, one paid to the end."""
        for code, first, settled in (
            (CAST["instalments"], -20, (-2, None, None)),
            ("C0127", -35, (4, None, None)),
            ("C0126", 15, (None, None, None)),
            ("C0117", -70, (0, 6, -1)),
        ):
            debtor, dues = self.by_code[code], [first, first + 30, first + 60]
            yield Draft(
                debtor=debtor,
                issued_on=self._issued(first, 30),
                due_on=tuple(self._day(due) for due in dues),
                lines=lines_for(debtor, self.rng, plant=True),
                vat=vat_for(debtor, plant=True),
                settled_on=tuple(self._paid_on(due, after) for due, after in zip(dues, settled, strict=True)),
            )

    def _credit_notes(self, invoices: list[Draft]) -> Iterator[Draft]:
        """Four small corrections, each of its own open invoice."""
        credited_already: set[int] = set()
        for code, ago in ((CAST["clerk"], 3), (CAST["clerk"], 18), (CAST["late"], 30), (CAST["no_email"], 5)):
            credited = next(
                draft
                for draft in invoices
                if draft.debtor.code == code
                and id(draft) not in credited_already
                and draft.issued_on < self._working(self._day(-ago))
                and draft.part_paid is None
                and not any(draft.settled_on)
                and not draft.disputed
            )
            credited_already.add(id(credited))
            tenth = max(credited.lines[0].net_minor // 10, 10_00)
            yield Draft(
                debtor=credited.debtor,
                issued_on=self._working(self._day(-ago)),
                due_on=(),
                lines=(_line("Storno parziale per materiale reso", tenth),),
                vat=credited.vat,
                credits=credited,
            )

    # -- building

    def sale(
        self,
        debtor: Debtor,
        due_in: int,
        *,
        terms: int | None = None,
        paid_after: int | None = None,
        plant: bool = False,
        lines: tuple[Line, ...] | None = None,
        disputed: bool = False,
        part_paid: tuple[date, int] | None = None,
    ) -> Draft:
        """One invoice with one due date `due_in` days from today, settled `paid_after` days after it."""
        if terms is None:
            terms = (
                60 if due_in > 28 else self.rng.choice((15, 30) if debtor.consumer and due_in < 12 else (30, 30, 60))
            )
        return Draft(
            debtor=debtor,
            issued_on=self._issued(due_in, terms),
            due_on=(self._day(due_in),),
            lines=lines or lines_for(debtor, self.rng, plant),
            vat=vat_for(debtor, plant),
            currency="CHF" if debtor.kind is Kind.FOREIGN else "EUR",
            settled_on=(self._paid_on(due_in, paid_after),),
            disputed=disputed,
            withholding_rate=_WITHHOLDING_OF_CONDOMINIUMS if debtor.kind is Kind.CONDOMINIUM else 0,
            part_paid=part_paid,
        )

    def _of(self, part: str) -> Debtor:
        return self.by_code[CAST[part]]

    def _round(self, debtors: list[Debtor]) -> Iterator[Debtor]:
        """Everybody in turn, in a new order each round."""
        while True:
            yield from self.rng.sample(debtors, len(debtors))

    def _day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    def _issued(self, due_in: int, terms: int) -> date:
        return self._working(self._day(due_in - terms))

    def _paid_on(self, due_in: int, after: int | None) -> date | None:
        return None if after is None else self._working(min(self._day(due_in + after), self.today))

    @staticmethod
    def _working(day: date) -> date:
        """`day`, or the Friday before a weekend: nobody invoices and no bank books on a Sunday."""
        return day - timedelta(days=max(day.weekday() - 4, 0))


def _line(description: str, net_minor: int) -> Line:
    return Line(description, 1, net_minor)
