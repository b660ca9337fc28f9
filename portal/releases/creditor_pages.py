"""One customer's deliveries before the creditor's people: what they wait for, deciding it, taking it back."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.releases import actions, queries, rules
from portal.releases.models import Release
from portal.releases.states import ReleaseStatus
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("releases_creditor", __name__)

_TINTS = {ReleaseStatus.WAITING: "wait", ReleaseStatus.LIFTED: "good", ReleaseStatus.WITHDRAWN: "plain"}


@blueprint.get("/debtors/<id:debtor_id>/release")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, Form())


def _page(debtor_id: int, form: Form) -> Any:
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    currency = person().creditor.currency
    found, may = queries.of_debtor(debtor_id), person().may(Permission.HOLD_BACK)
    now = next((one for one in found if one.is_waiting), None)
    names = people.names([one.decided_by for one in found])
    open_now = Money(queries.open_of(debtor_id, currency), currency)
    page = render_template(
        "releases/staff_release.html",
        title=i18n.gettext("Deliveries"),
        name=debtor.name,
        now=_row(now, names) if now is not None else None,
        before=[_row(one, names) for one in found if one is not now],
        open=i18n.money(open_now),
        decide_url=url_for(".decide", debtor_id=debtor_id) if may and open_now else None,
        withdraw_url=url_for(".withdraw", debtor_id=debtor_id) if may and now is not None else None,
        reasons=[(key, i18n.say(label), i18n.say(t("They read: %(words)s", words=theirs)))
                 for key, (label, theirs) in rules.REASONS.items()],
        seen=str(now.version) if now is not None else "",
        typed={name: form.typed.get(name, "") for name in ("least", "why", "words")},
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )  # fmt: skip
    return page, 422 if form.wrong else 200


def _row(one: Release, names: dict[int, str]) -> dict[str, Any]:
    zone = person().creditor.time_zone
    facts = [
        (t("At least"), i18n.money(one.least)),
        (t("Come since"), i18n.money(Money(one.paid_minor, one.currency))),
        (t("Reason"), i18n.say(rules.REASONS[one.reason][0])),
        (t("Decided by"), names.get(one.decided_by, "–")),
        (t("Since"), i18n.moment(one.status_at, zone)),
    ]
    if one.paid_back_at is not None:
        facts.append((t("Went back"), i18n.moment(one.paid_back_at, zone)))
    return {
        "state": one.status.label,
        "kind": "problem" if one.paid_back_at is not None else _TINTS[one.status],
        "facts": [(i18n.say(label), value) for label, value in facts],
        "words": one.words or "",
        "went_back": one.paid_back_at is not None,
    }


def _unchanged(debtor_id: int, form: Form) -> Release | None:
    """What deliveries wait for now; 409 with who and when where a colleague, or a payment, was faster."""
    now = queries.waiting(debtor_id, lock=True)
    if form.text("seen", longest=12) == (str(now.version) if now is not None else ""):
        return now
    last = next(iter(queries.of_debtor(debtor_id)), None)
    if now is not None:
        name = people.names([now.decided_by]).get(now.decided_by) or i18n.gettext("A colleague")
        when = i18n.moment(now.status_at, person().creditor.time_zone)
        raise NotAllowedNow(
            t("%(who)s decided about it on %(when)s, after you had opened it. Please look at it again.",
              who=name, when=when)
        )  # fmt: skip
    when = i18n.moment(last.status_at, person().creditor.time_zone) if last is not None else ""
    raise NotAllowedNow(t("Deliveries do not wait any more, since %(when)s. Please look at it again.", when=when))


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", debtor_id=debtor_id), 303)


@blueprint.post("/debtors/<id:debtor_id>/release")
@allow(Permission.HOLD_BACK)
def decide(debtor_id: int) -> Any:
    """Deliveries wait until at least so much is paid; the customer reads it, your system hears it."""
    only_own(debtors.debtor(debtor_id))
    form = Form()
    least = _least(debtor_id, form)
    reason = form.choice("why", set(rules.REASONS), t("Please choose why."))
    words = form.text("words", longest=MAX_WORDS)
    if form.wrong or least is None or reason is None:
        return _page(debtor_id, form)
    _unchanged(debtor_id, form)
    actions.decide(debtor_id, least, reason, words, person().staff_id)
    return _done(debtor_id, t("Done. The customer reads it on their first page, and your systems are told."))


def _least(debtor_id: int, form: Form) -> Money | None:
    currency = person().creditor.currency
    typed = form.text("least", longest=15).removeprefix("€").removesuffix("€").strip()
    least = form.amount("least", typed, currency)
    if least is None:
        return None
    why_not = rules.why_not_amount(least, Money(queries.open_of(debtor_id, currency), currency))
    if why_not is not None:
        form.wrong["least"] = why_not
    return least


@blueprint.post("/debtors/<id:debtor_id>/release/withdraw")
@allow(Permission.HOLD_BACK)
def withdraw(debtor_id: int) -> Any:
    """Deliveries need not wait any more, without a payment."""
    only_own(debtors.debtor(debtor_id))
    now = _unchanged(debtor_id, Form())
    actions.withdraw(only_own(now))
    return _done(debtor_id, t("Done. Deliveries do not wait any more, and your systems are told."))
