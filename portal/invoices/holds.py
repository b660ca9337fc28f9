"""Why nobody may chase a due item now: the reasons, how each is said, and whether a hold runs at a moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_

from portal.core import clock, db
from portal.core.text import Text, t
from portal.invoices.models import DueItem, Hold

TRANSFER_ON_ITS_WAY = "transfer_on_its_way"
PAYMENT_PROCESSING = "payment_processing"
NOT_RECEIVED = "not_received"
PROBLEM_REPORTED = "problem_reported"
DISPUTED = "disputed"  # the creditor's own file says so
DISPUTE = "dispute"  # raised here, open: it ends with the dispute
CREDIT_EXPECTED = "credit_expected"  # the dispute was valid, and the credit note has not come yet
CONTESTED = "contested"  # by the cardholder, at their bank
PROMISED = "promised"  # the customer named a day
ALREADY_PAID = "already_paid"  # the customer says so: somebody looks for the money
PLAN = "plan"  # it is paid in instalments: what is asked for is the next one
PLAN_ASKED = "plan_asked"  # a plan for it is being talked about
SDI_REJECTED = "sdi_rejected"  # the SdI sent it back: it counts as not issued
SDI_REFUSED = "sdi_refused"  # the public office it is for refused it

# What ends when nothing is open any more. What the cardholder contests rests on: should the bank take that money
# back, the document is open again and nobody may chase it before a person has decided (rule B-13). So does what is
# contested here, until its case is closed.
END_WITH_THE_ITEM = (
    *(TRANSFER_ON_ITS_WAY, PAYMENT_PROCESSING, PROMISED, ALREADY_PAID, PLAN, PLAN_ASKED),
    *(NOT_RECEIVED, PROBLEM_REPORTED, DISPUTED, CREDIT_EXPECTED),
)

# What the bank decides or brings: nobody here can hurry it. Whatever else holds needs a person, and so has a case.
WITH_THE_BANK = frozenset({TRANSFER_ON_ITS_WAY, PAYMENT_PROCESSING, CONTESTED})
FOLLOWED = frozenset({PLAN})  # from day to day, without anybody's asking: it needs no case either

LABELS: dict[str, Text] = {
    TRANSFER_ON_ITS_WAY: t("a transfer is on its way"),
    PAYMENT_PROCESSING: t("a payment is being processed"),
    NOT_RECEIVED: t("the invoice has not arrived"),
    PROBLEM_REPORTED: t("something is wrong with the invoice"),
    DISPUTED: t("it is disputed"),
    DISPUTE: t("the customer contests it"),
    CREDIT_EXPECTED: t("a credit note for it is on its way"),
    CONTESTED: t("a payment of it is contested at the bank"),
    PROMISED: t("the customer named a day"),
    ALREADY_PAID: t("the customer says that it is paid"),
    PLAN: t("it is paid in instalments"),
    PLAN_ASKED: t("a plan for it is being talked about"),
    SDI_REJECTED: t("the tax system sent it back"),
    SDI_REFUSED: t("the office it is for refused it"),
}

# What nobody is asked to pay beforehand: it is contested, said to be on its way, or paid in instalments. Who wants to
# pay it, puts it in.
STAYS_OUT = frozenset({
    *(PROBLEM_REPORTED, DISPUTED, DISPUTE, CREDIT_EXPECTED, TRANSFER_ON_ITS_WAY, ALREADY_PAID, PLAN),
    *(SDI_REJECTED, SDI_REFUSED),
})  # fmt: skip

# What staff say when they end a hold: a choice and no words of their own, for history is kept for good (rule C-26).
WHY_RELEASED: dict[str, Text] = {
    "cleared_up": t("we have cleared it up with the customer"),
    "has_arrived": t("the customer has the document now"),
    "no_money_came": t("the money has not come"),
    "by_mistake": t("it was held by mistake"),
}

# What a hold is about that ends by itself sooner or later: said to staff before they end it by hand.
ENDS_BY_ITSELF: dict[str, Text] = {
    TRANSFER_ON_ITS_WAY: t("The customer told us of a transfer. It still counts when it comes."),
    PAYMENT_PROCESSING: t("A payment of it is with the bank. It still counts when it comes."),
    PROMISED: t("The customer named a day to pay. It stays written down, and is kept or not by itself."),
    ALREADY_PAID: t("The customer says that it is paid. The search ends; what is found later still counts."),
    SDI_REJECTED: t("The SdI rejected it. It ends by itself when the corrected invoice comes in, or goes through."),
    SDI_REFUSED: t("The office it is for refused it. It ends by itself when the corrected invoice comes in."),
    PLAN_ASKED: t("A plan is being talked about. The proposal stays in the queue until somebody answers it."),
}


def why_not_release(reason: str) -> Text | None:
    """Why nobody may end such a hold by hand, or None: what the cardholder contests rests until the bank decides
    (rule B-13), what is disputed here until the dispute is closed (D.1)."""
    if reason == CONTESTED:
        return t("The bank decides about this payment. Until then nobody asks for it.")
    if reason == PLAN:
        return t("A plan stands for it. It ends with the plan.")
    if reason == DISPUTE:
        return t("The customer contests it. It ends by itself when you close the case.")
    return None


def running(moment: Any = None) -> ColumnElement[bool]:
    """That a hold has neither been ended nor run out: at `moment` (an instant or a bound parameter), else now."""
    at = clock.now() if moment is None else moment
    return and_(Hold.ended_at.is_(None), or_(Hold.until.is_(None), Hold.until > at))


def ran_at(moment: datetime) -> ColumnElement[bool]:
    """That a hold ran at a moment that is over, whatever became of it since; its last moment counts."""
    return and_(
        Hold.since <= moment,
        or_(Hold.ended_at.is_(None), Hold.ended_at > moment),
        or_(Hold.until.is_(None), Hold.until >= moment),
    )


def counts_as_not_issued() -> ColumnElement[bool]:
    """That the SdI sent back the invoice of the due item of the statement around it: nothing is to be paid on it."""
    at = bindparam("now", callable_=clock.now, type_=db.Instant())
    return exists().where(Hold.due_item_id == DueItem.id, Hold.reason == SDI_REJECTED, running(at))


def item_is_held() -> ColumnElement[bool]:
    """That something holds the due item of the statement around it at this moment."""
    return exists().where(Hold.due_item_id == DueItem.id, running())
