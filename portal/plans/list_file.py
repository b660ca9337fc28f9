"""The list of plans as a file, as the list shows it: every page of it, for a spreadsheet or an ERP.

UTF-8 with a byte order mark, semicolons, a comma in amounts, ISO dates. Read a page at a time, each in a transaction
of its own: nothing stays open while the network is slow.
"""

from collections.abc import Iterator
from datetime import date

from portal.core import db, ids, scope, spreadsheets
from portal.core.money import Money
from portal.plans import list_queries as queries
from portal.plans import risk

PAGE = 500
COLUMNS = (
    "plan", "customer_code", "customer", "status", "total", "currency", "paid", "left", "instalments",
    "instalments_paid", "next_on", "next_amount", "risk", "missing_since", "policy_version", "made_on",
)  # fmt: skip


def lines(creditor_id: int, wanted: queries.Wanted, *, reach: int | None = None) -> Iterator[bytes]:
    """The file in pieces; `reach` is that of who asks (portal.core.scope)."""
    yield spreadsheets.file([COLUMNS])
    cursor = None
    while True:
        with db.transaction(writes=False):
            scope.enter(creditor_id, reach=reach)
            page = queries.page(wanted, cursor, PAGE)
            chunk = spreadsheets.lines(_cells(row) for row in page.rows)
        yield chunk
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(row: queries.Row) -> tuple[str, ...]:
    plan = row.plan
    return (
        ids.spell(plan.id),
        row.debtor_code,
        row.debtor,
        plan.status.public,
        _amount(plan.total),
        plan.currency,
        _amount(row.paid),
        _amount(row.left),
        str(row.count),
        str(row.count_paid),
        _day(row.next_on),
        _amount(row.next) if row.next is not None else "",
        risk.level(row.facts) if row.facts is not None else "",
        _day(row.facts.missing_since) if row.facts is not None else "",
        str(plan.policy_number),
        plan.made_at.date().isoformat(),
    )


def _amount(amount: Money) -> str:
    return amount.plain.replace(".", ",")


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
