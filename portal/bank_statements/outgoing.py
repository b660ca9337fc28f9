"""Money that goes out: nobody's business here, unless it is a transfer back that another feature waits to see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from portal.bank_statements import booking, queries
from portal.bank_statements.models import BankMovement
from portal.core.money import Money
from portal.ledger.sources import Source


@dataclass(frozen=True, slots=True)
class WentOut:
    """A debit that is no return: so much left on that day, for the account from which these credits had come."""

    movement_id: int
    amount: Money
    on: date
    origins: tuple[Source, ...]


# Asked of each such debit: the customer to whom it is the transfer back, or None (portal.reactions fills it).
is_transfer_back: list[Callable[[WentOut], int | None]] = []


def take(debit: BankMovement) -> None:
    """Puts a new debit aside; of one to strangers nothing is kept but its amount and its days (rule C-20)."""
    debtor_id = _customer(debit)
    if debtor_id is None:
        booking.put_aside(debit, booking.OUTGOING)
    else:
        debit.debtor_id = debtor_id
        booking.put_aside(debit, queries.GIVEN_BACK)
    debit.text = debit.counterparty_name = debit.counterparty_iban = None
    debit.end_to_end_id = debit.creditor_reference = None


def _customer(debit: BankMovement) -> int | None:
    if debit.counterparty_iban is None or not is_transfer_back:
        return None
    came = queries.came_from(debit.counterparty_iban, debit.currency, debit.value_on)
    if not came:
        return None
    out = WentOut(debit.id, -debit.amount, debit.value_on, tuple(Source(queries.SOURCE, one) for one in came))
    return next((found for ask in is_transfer_back if (found := ask(out)) is not None), None)
