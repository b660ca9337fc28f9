"""Setting a customer's line, and deciding what follows from how they stand."""

from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.credit_lines import alerts, queries, rules
from portal.credit_lines import events as happened
from portal.credit_lines.models import CreditDecision, CreditLine, CreditLineChange
from portal.credit_lines.policies import Version
from portal.credit_lines.rules import Suggestion
from portal.releases import actions as releases

MOST_MINOR = 10**13


def set_line(
    debtor_id: int,
    to_minor: int | None,
    currency: str,
    *,
    words: str | None,
    by: int | None,
    suggestion: Suggestion | None = None,
    policy: Version | None = None,
) -> CreditLine | None:
    """The line is `to_minor` from now on (None: there is none any more); the history keeps what had been suggested.

    Raises ValueError for an amount below nought, NotAllowedNow without a reason where it is not as suggested.
    """
    if to_minor is not None and not 0 <= to_minor < MOST_MINOR:
        raise ValueError(to_minor)
    suggested = suggestion.minor if suggestion is not None else None
    how = _how(to_minor, suggested)
    if how != rules.SUGGESTED and not words:
        raise NotAllowedNow(t("Please write why."))
    line = queries.line(debtor_id, lock=True)
    before = line.amount_minor if line is not None else None
    if line is None and to_minor is None:
        return None
    if line is None:
        line = CreditLine(id=ids.new_id(), debtor_id=debtor_id, currency=currency, amount_minor=to_minor)
        db.session().add(line)
    line.amount_minor, line.currency = to_minor, currency
    db.session().add(
        CreditLineChange(
            id=ids.new_id(), debtor_id=debtor_id, currency=currency, from_minor=before, to_minor=to_minor, how=how,
            words=words or None, suggestion=suggestion.facts.as_json() if suggestion is not None else None,
            suggested_minor=suggested, policy_number=policy.number if policy is not None else None,
            changed_at=clock.now(), changed_by=by,
        )
    )  # fmt: skip
    events.record(
        happened.CreditLineChanged(
            credit_line_id=line.id, debtor_id=debtor_id, from_minor=before, to_minor=to_minor,
            suggested_minor=suggested, currency=currency, how=how,
        )
    )  # fmt: skip
    db.session().flush()
    alerts.look([debtor_id])
    return line


def _how(to_minor: int | None, suggested: int | None) -> str:
    if to_minor is None:
        return rules.REMOVED
    if suggested is None:
        return rules.SET
    return rules.SUGGESTED if to_minor == suggested else rules.OVERRIDE


def decide(
    debtor_id: int, decision: str, words: str | None, by: int, currency: str, *, least: Money | None, use_minor: int
) -> CreditDecision:
    """What a person decided about a customer's credit; with HOLD deliveries wait for `least` (portal.releases).

    Raises ValueError for a decision that there is not, NotAllowedNow without a reason or for an amount that nobody
    can wait for.
    """
    if decision not in rules.DECISIONS or (decision == rules.HOLD) is (least is None):
        raise ValueError(decision)
    if not words:
        raise NotAllowedNow(t("Please write why."))
    line = queries.line(debtor_id)
    release = releases.decide(debtor_id, least, "limit", words, by) if least is not None else None
    one = CreditDecision(
        id=ids.new_id(),
        debtor_id=debtor_id,
        decision=decision,
        words=words,
        release_id=release.id if release is not None else None,
        use_minor=use_minor,
        line_minor=line.amount_minor if line is not None else None,
        currency=currency,
        decided_at=clock.now(),
        decided_by=by,
    )
    db.session().add(one)
    events.record(
        happened.CreditDecisionMade(
            credit_decision_id=one.id, debtor_id=debtor_id, decision=decision,
            release_id=one.release_id, least_minor=least.minor if least is not None else None, currency=currency,
        )
    )  # fmt: skip
    db.session().flush()
    return one
