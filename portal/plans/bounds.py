"""What one of the creditor's people may agree by themselves, and what needs somebody who may go beyond the policy."""

from datetime import date

from portal.core.money import Money
from portal.core.text import Text, t
from portal.plans import rules
from portal.plans.policies import Policy
from portal.plans.rules import Wish
from portal.web import i18n


def why_beyond(policy: Policy, debt: Money, wish: Wish, today: date) -> Text | None:
    """Why these terms lie beyond the policy, with where its bound is, or None; without a database."""
    if policy.up_to_minor and debt.minor > policy.up_to_minor:
        most = Money(policy.up_to_minor, debt.currency)
        return t("The policy goes up to %(most)s.", most=i18n.money(most))
    return rules.why_outside(policy, debt, wish, today)


def why_not_yours(beyond: Text | None, *, may_go_beyond: bool) -> Text | None:
    """Why this person may not agree it, or None."""
    if beyond is None or may_go_beyond:
        return None
    return t("%(why)s A manager can agree more.", why=beyond)
