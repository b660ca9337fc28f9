"""What has been done of the ten steps, in one statement; each looks for one row and no more."""

from typing import Any

from sqlalchemy import Select, select

from portal.cases.models import AnswerText
from portal.core import db
from portal.credit_lines.models import CreditPolicy
from portal.debtors.models import Debtor
from portal.goals.models import Goal
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.months.models import MonthReader
from portal.payments.models import MethodAccount
from portal.people.models import Mandate
from portal.plans.models import PlanPolicy
from portal.reminders.levels import CARING
from portal.reminders.models import CadencePolicy, Touch

_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE)


def done(creditor_id: int, iban: str | None) -> set[str]:
    """The keys of portal.first_steps.steps that are done."""
    found = db.session().execute(select(*(_one(wanted).label(key) for key, wanted in _facts(creditor_id)))).one()
    seen = {key.partition("/")[0] for key, value in found._mapping.items() if value is not None}
    return seen | ({"paying"} if iban else set())


def _one(wanted: Select[Any]) -> Any:
    return wanted.limit(1).scalar_subquery()


def _facts(creditor_id: int) -> list[tuple[str, Select[Any]]]:
    """A step and a row that ticks it; a step may have two."""
    return [
        ("policy/plans", select(PlanPolicy.id).where(PlanPolicy.made_by.is_not(None))),
        ("policy/credit", select(CreditPolicy.id).where(CreditPolicy.made_by.is_not(None))),
        ("digital", select(ImportBatch.id).where(ImportBatch.status == BatchStatus.DONE)),
        ("history", select(Transfer.id).where(Transfer.debit.in_(_MONEY))),
        ("caring", select(Touch.id).where(Touch.level == CARING)),
        ("sales", select(Debtor.id).where(Debtor.salesperson.is_not(None))),
        ("monthly/goal", select(Goal.id)),
        ("monthly/paper", select(MonthReader.id)),
        ("paying", select(MethodAccount.id)),
        ("timely", select(CadencePolicy.id).where(CadencePolicy.made_by.is_not(None))),
        ("talks", select(AnswerText.id)),
        ("partner", select(Mandate.id).where(Mandate.creditor_id == creditor_id, Mandate.ended_at.is_(None))),
    ]
