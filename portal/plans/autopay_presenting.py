"""The part of a plan's page about paying by itself: that it is on, with what and when, or the offer."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from portal.core.text import Text, t
from portal.payments import methods, saved
from portal.payments.models import SavedMethod
from portal.payments.states import SavedStatus
from portal.plans import autopay, queries, tries
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED
from portal.web import i18n


def block(plan: Plan, rows: Sequence[Instalment]) -> dict[str, Any] | None:
    """What the plan's page says of it; None where there is nothing to say."""
    row, following = tries.in_use(plan.id), queries.next_one(rows, plan.currency)
    if plan.status not in AGREED or following is None:
        return None
    start_url, stop_url = (url_for(f"plans_autopay.{name}", plan_id=plan.id) for name in ("show", "stop"))
    if row is None:
        if autopay.why_not(plan) is not None:
            return None
        failed = saved.of(saved.Source(tries.PLAN, plan.id))[:1]
        why = ""
        if failed and failed[0].status is SavedStatus.FAILED:
            why = i18n.say(t("%(name)s did not work any more. You can choose another one.", name=_name(failed[0])))
        return {"said": why, "start_url": start_url, "stop_url": None}
    return {"said": i18n.say(_said(row, following.instalment)), "start_url": None, "stop_url": stop_url}


def _said(row: SavedMethod, one: Instalment) -> Text:
    """What becomes of the next instalment."""
    made, name = saved.charges(tries.INSTALMENT, [one.id]).get(one.id, []), _name(row)
    if not tries.is_covered(row, one):
        return t("%(name)s is charged for the instalments to come. Please pay this one yourself.", name=name)
    if not made:
        return t("Paid automatically with %(name)s on %(day)s.", name=name, day=i18n.day(one.due_on))
    charge, attempt = made[-1]
    if saved.is_under_way(attempt):
        return t("The next instalment is being paid automatically with %(name)s.", name=name)
    if attempt.why == methods.AUTHENTICATION:
        return t("Your bank wants you to confirm this instalment. Please pay it here, with the button above.")
    if tries.go_on(one.plan_id, one, charge.made_on):
        return t("%(name)s was not accepted. It is tried again in some days, or you pay it now.", name=name)
    return t("%(name)s is charged for the instalments to come. Please pay this one yourself.", name=name)


def _name(row: SavedMethod) -> str:
    return i18n.say(saved.name(row))
