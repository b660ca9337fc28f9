"""Whether a statement adds up: opening + movements = closing, where the file states them; a difference is said."""

from portal.bank_statements.documents import Movement, Notice, Refusal, Statement
from portal.core.money import Money
from portal.core.text import t


class Sums:
    """The movements of one statement, added up while they go by."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.minor = 0
        self.movements = 0
        self.refused = False  # something of it was not read: it cannot add up
        self.paged = False  # only some pages of it are here

    def add(self, movement: Movement) -> Movement:
        self.minor += movement.amount.minor
        self.movements += 1
        return movement

    def difference(self) -> Refusal | Notice | None:
        """What to say at the statement's end; None where it adds up or nothing can be checked."""
        opening, closing = self.statement.opening, self.statement.closing
        if opening is None or closing is None or opening.currency != closing.currency:
            return None
        expected = Money(opening.minor + self.minor, opening.currency)
        if expected == closing:
            return None
        text = t(
            "The statement does not add up: %(opening)s and the movements make %(sum)s, but it closes with "
            "%(closing)s. A difference of %(difference)s: ask the bank for a complete file.",
            opening=opening.plain,
            sum=expected.plain,
            closing=closing.plain,
            difference=(closing - expected).plain,
        )
        kind = Notice if self.paged or self.refused else Refusal
        return kind("balance_differs", self.statement.where, text)
