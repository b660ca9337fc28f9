"""Lines, alerts and their history in words for the creditor's people."""

from datetime import datetime
from typing import Any

from flask import url_for

from portal.core.money import Money
from portal.core.text import Text, t
from portal.credit_lines import kinds, rules
from portal.credit_lines.causes import NEVER
from portal.credit_lines.models import CreditAlert, CreditDecision, CreditLineChange, CreditRating
from portal.credit_lines.policies import Tell, Version
from portal.credit_lines.rules import Suggestion
from portal.credit_lines.states import AlertStatus
from portal.people import roles
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n

_TINTS = {AlertStatus.OPEN: "problem", AlertStatus.SEEN: "wait", AlertStatus.CLOSED: "plain"}


def money(minor: int | None, currency: str) -> str:
    return "–" if minor is None else i18n.money(Money(minor, currency))


def moment(at: datetime) -> str:
    return i18n.moment(at, person().creditor.time_zone)


def free(line: int | None, used: int, currency: str) -> str:
    """What of the line is left; below nought it is over the line."""
    return "–" if line is None else money(line - used, currency)


def alert(one: CreditAlert, rule: Tell, names: dict[int, str], number: str | None = None) -> dict[str, Any]:
    says = kinds.NEVER_RATED if one.kind == kinds.STALE and one.number >= NEVER else kinds.SAYS[one.kind]
    args = {"amount": money(one.amount_minor, one.currency), "number": one.number}
    may_see = one.status is AlertStatus.OPEN and person().may(Permission.ANSWER)
    return {
        "name": i18n.say(kinds.KINDS[one.kind]),
        "says": i18n.say(Text(says.msgid, args)),
        "about": i18n.say(t("Invoice %(number)s", number=number)) if number else "",
        "state": one.status.label,
        "kind": _TINTS[one.status],
        "since": moment(one.raised_at),
        "until": moment(one.status_at) if one.status is AlertStatus.CLOSED else "",
        "for": whom(rule, names),
        "seen_by": names.get(one.seen_by or 0, ""),
        "seen_url": url_for("credit_creditor.see", alert_id=one.id) if may_see else None,
    }


def whom(rule: Tell, names: dict[int, str]) -> str:
    """Whom alerts of a kind are for."""
    role = roles.read(rule.to)
    if role is not None:
        return i18n.say(role.label)
    return names.get(int(rule.to), "–") if rule.to.isdigit() else "–"


def who_is_named(policy: Version) -> list[int]:
    """The people whom alerts are for, by id."""
    return [int(rule.to) for rule in policy.tell.values() if rule.to.isdigit()]


def suggestion(found: Suggestion, policy: Version, currency: str) -> dict[str, Any]:
    said = rules.why(found, policy.weights, lambda minor: money(minor, currency))
    return {
        "amount": money(found.minor, currency) if found.minor is not None else "",
        "why": [i18n.say(one) for one in said],
        "policy": i18n.say(t("Version %(number)s of your settings.", number=policy.number)),
    }


def change(one: CreditLineChange, names: dict[int, str]) -> dict[str, str]:
    return {
        "at": moment(one.changed_at),
        "by": names.get(one.changed_by or 0, "–"),
        "from": money(one.from_minor, one.currency),
        "to": money(one.to_minor, one.currency),
        "how": i18n.say(rules.HOW[one.how]),
        "suggested": money(one.suggested_minor, one.currency) if one.suggestion is not None else "",
        "why": one.words or "",
    }


def decision(one: CreditDecision, names: dict[int, str]) -> dict[str, str]:
    return {
        "at": moment(one.decided_at),
        "by": names.get(one.decided_by, "–"),
        "decision": i18n.say(rules.DECISIONS[one.decision][0]),
        "use": money(one.use_minor, one.currency),
        "line": money(one.line_minor, one.currency),
        "why": one.words or "",
    }


def rating(one: CreditRating) -> dict[str, str]:
    return {"on": i18n.short_day(one.rated_on), "source": one.source, "score": str(one.score), "note": one.note or ""}
