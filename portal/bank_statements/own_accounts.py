"""Which accounts are the creditor's: its own, those that its documents name, those that a person confirmed.

A statement of any other account is not booked before a person says that it is theirs: it could be anybody's.
"""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from portal.bank_statements import events as happened
from portal.bank_statements.documents import Refusal, Statement
from portal.bank_statements.models import OwnAccount
from portal.core import banking, clock, db, events, ids
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.invoices.models import DueItem

BY_PERSON, BY_COMMAND = "person", "command"  # who said that an account is theirs
UNKNOWN = "account_unknown"  # the code of what is said of a statement that is not booked
_BETWEEN = re.compile(r"[/.\-:]+")
_SHORTEST = 8  # letters of an account number that is recognised without its bank
_CHECKED = 4  # country and check digits of an IBAN


def refusal(statement: Statement) -> Refusal:
    """What is said of a statement of an account that nobody knows."""
    text = t(
        "Account %(account)s is none of yours, as far as we know: nothing of this statement is booked before you "
        "say that it is yours.",
        account=statement.account or "?",
    )
    return Refusal(UNKNOWN, statement.where, text)


class Accounts:
    """The creditor's accounts, each under one name however a file spells it."""

    def __init__(self, own: str, confirmed: Iterable[str] = ()) -> None:
        self.own = banking.normalise_iban(own) if own else ""
        self._known = dict.fromkeys(filter(None, (self.own, *confirmed)))
        self._nameless = "" in set(confirmed)
        self._names: dict[str, str] = {}

    @classmethod
    def load(cls, creditor_id: int) -> "Accounts":
        """As they are known now, within the creditor's scope."""
        confirmed = db.session().scalars(select(OwnAccount.account).order_by(OwnAccount.id))
        return cls(creditors.by_id(creditor_id).iban or "", confirmed)

    def name_of(self, account: str) -> str:
        """One of ours in another spelling (bank and account number, or the account number alone) is ours."""
        if account not in self._names:
            compact = banking.normalise_iban(account) if account else ""
            found = account if account in self._known or compact in self._known else None
            ours = [one for one in self._known if _is_spelling(account, one)] if found is None else []
            self._names[account] = ours[0] if len(ours) == 1 else (compact if compact in self._known else account)
        return self._names[account]

    def is_known(self, account: str) -> bool:
        """Whether statements of it are booked. Documents are asked last: an IBAN that they name is the creditor's."""
        name = self.name_of(account)
        if name in self._known or (not name and self._nameless):
            return True
        if name and _on_documents(name):
            self._known[name] = None
            return True
        return False


def _is_spelling(account: str, iban: str) -> bool:
    """`05428/11101/000000123456`, `X0542811101000000123456` or `000000123456` for IT60X0542811101000000123456."""
    if len(iban) <= _CHECKED or not iban[:2].isalpha():
        return False
    whole = iban[_CHECKED:]
    core = whole.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if iban[:2] in {"IT", "SM"} else whole
    parts = [part for part in _BETWEEN.split(account.upper()) if part]
    joined = "".join(parts)
    if joined in {whole, core}:
        return True
    if len(parts) > 1:
        bank, number = "".join(parts[:-1]), parts[-1].lstrip("0")
        return bool(number) and any(
            same.startswith(bank) and same[len(bank) :].lstrip("0") == number for same in (whole, core)
        )
    return len(joined) >= _SHORTEST and len(joined.lstrip("0")) > _CHECKED and core.endswith(joined)


def _on_documents(account: str) -> bool:
    """A factor's account stands on the documents that were assigned to it."""
    found = db.session().scalar(select(DueItem.id).where(DueItem.iban == account).limit(1))
    return found is not None


def confirm(accounts: Sequence[str], *, known_by: str) -> None:
    """Statements of these are booked from now on; one that is known already stays as it is."""
    known = set(db.session().scalars(select(OwnAccount.account)))
    for account in dict.fromkeys(account[:64] for account in accounts):
        if account in known:
            continue
        row = OwnAccount(id=ids.new_id(), account=account, known_by=known_by, since=clock.now())
        db.session().add(row)
        db.session().flush()
        events.record(happened.AccountConfirmed(account_id=row.id, known_by=known_by))
