"""The note that a customer asked for, the day before the one that they named."""

from datetime import date

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import db, ids
from portal.core.text import t
from portal.messages.models import Message
from portal.promises import queries
from portal.promises.states import PromiseStatus

KEY = "promise_reminder"
NOT_ANY_MORE = t("the day that they named has changed, or nothing is left to do")


def remind(promise_id: int) -> None:
    """Once for each day that was named; not for one that was named only the day before."""
    promise = queries.promise(promise_id, lock=True)
    case = case_queries.about(kinds.PROMISE, promise_id)
    if promise is None or case is None or promise.status is not PromiseStatus.OPEN:
        return
    if promise.reminded_for == promise.pay_on:
        return
    promise.reminded_for = promise.pay_on
    cases.tell(case, KEY, promise=ids.spell(promise_id), named=promise.pay_on.isoformat())
    db.session().flush()


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: the day may have changed, or the money be here (decision 16)."""
    if message.key != KEY:
        return None
    promise = queries.promise(ids.read(message.params["promise"]))
    named = date.fromisoformat(message.params["named"])
    if promise is not None and promise.status is PromiseStatus.OPEN and promise.pay_on == named:
        return None
    return str(NOT_ANY_MORE)
