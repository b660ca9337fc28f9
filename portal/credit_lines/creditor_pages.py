"""Credit before the creditor's people: customers by use, one customer's line and decisions, the alerts."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.credit_lines import actions, alerts, kinds, policies, presenting, queries, rules
from portal.credit_lines.models import CreditLine, CreditRating
from portal.credit_lines.policies import Version
from portal.credit_lines.rules import Suggestion
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.invoices import filters
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.releases import queries as releases
from portal.releases import rules as release_rules
from portal.web import i18n, lists
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("credit_creditor", __name__)

SHOWN: dict[str, Text] = {"": t("All"), queries.OVER: t("Over the line"), queries.NO_LINE: t("Without a line")}
AS_SUGGESTED, OWN, NONE = "suggested", "own", "none"


@blueprint.get("/credit")
@allow(Permission.READ)
def show_list() -> Any:
    """Customers by what they use of their line, the most first."""
    face = person().creditor
    words, show = filters.searchable(lists.asked("q")), lists.chosen("show", SHOWN)
    page = queries.page(face.currency, clock.today(face.time_zone), words, show, lists.asked("after") or None)
    names, filtered = ("q", "show"), bool(words or show)
    return render_template(
        "credit_lines/staff_list.html",
        title=i18n.gettext("Credit lines"),
        links=_links(),
        filter_url=url_for(".show_list"),
        fields=[
            {"id": "q", "label": i18n.gettext("Customer or code"), "value": words},
            {"id": "show", "label": i18n.gettext("Line"), "value": show,
             "options": [(value, i18n.say(label)) for value, label in SHOWN.items()]},
        ],
        clear_url=url_for(".show_list") if filtered else None,
        filtered=filtered,
        rows=[_row(row, face.currency) for row in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(".show_list", names) if lists.asked("after") else None,
        older_url=lists.address(".show_list", names, after=page.next_cursor) if page.next_cursor else None,
    )  # fmt: skip


def _links() -> list[tuple[str, str]]:
    found = [(i18n.gettext("Alerts"), url_for(".show_alerts"))]
    if person().may(Permission.IMPORT):
        found.append((i18n.gettext("Objective data"), url_for("credit_ratings.show")))
    if person().may(Permission.PLANS):
        found.append((i18n.gettext("Settings"), url_for("credit_settings.show")))
    return found


def _row(row: queries.Row, currency: str) -> dict[str, Any]:
    over = row.line is not None and row.open > row.line
    return {
        "debtor": row.name,
        "code": row.code,
        "href": url_for(".show", debtor_id=row.debtor_id),
        "line": presenting.money(row.line, currency),
        "open": presenting.money(row.open, currency),
        "late": presenting.money(row.late, currency) if row.late else "–",
        "free": presenting.free(row.line, row.open, currency),
        "over": over,
        "alerts": str(row.alerts) if row.alerts else "",
    }


@blueprint.get("/debtors/<id:debtor_id>/credit")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, Form())


def _suggested(debtor_id: int, ratings: Sequence[CreditRating]) -> tuple[Suggestion, Version]:
    """Reckoned with the newest of these ratings, however old it is: how old is for an alert to say."""
    face, policy = person().creditor, policies.current()
    score = ratings[0].score if ratings else None
    known = queries.facts(debtor_id, face.currency, clock.today(face.time_zone), score)
    return rules.suggest(known, policy.weights), policy


def _page(debtor_id: int, form: Form) -> Any:
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    face, line = person().creditor, queries.line(debtor_id)
    used = queries.use(debtor_id, clock.today(face.time_zone))
    here = used.get(face.currency, queries.Use())
    ratings = queries.ratings(debtor_id)
    found, policy = _suggested(debtor_id, ratings)
    changes, decided = queries.changes(debtor_id), queries.decisions(debtor_id)
    shown = queries.alerts(debtor_id)
    by = [one.changed_by for one in changes] + [one.decided_by for one in decided]
    names = people.names([*by, *(one.seen_by for one in shown), *presenting.who_is_named(policy)])
    amount, may = line.amount_minor if line is not None else None, person().may(Permission.CREDIT)
    page = render_template(
        "credit_lines/staff_credit.html",
        title=i18n.gettext("Credit line"),
        name=debtor.name,
        facts=_facts(amount, used, here, face.currency),
        over=amount is not None and here.open > amount,
        alerts=[presenting.alert(one, policy.tell[one.kind], names) for one in shown],
        suggestion=presenting.suggestion(found, policy, face.currency),
        ratings=[presenting.rating(one) for one in ratings],
        changes=[presenting.change(one, names) for one in changes],
        decisions=[presenting.decision(one, names) for one in decided],
        line_url=url_for(".set_line", debtor_id=debtor_id) if may else None,
        decide_url=url_for(".decide", debtor_id=debtor_id) if may else None,
        ways=_ways(found, amount),
        answers=[(key, i18n.say(label), i18n.say(hint)) for key, (label, hint) in rules.DECISIONS.items()],
        seen=_state_of(line),
        suggested="" if found.minor is None else str(found.minor),
        typed={name: form.typed.get(name, "") for name in ("way", "amount", "why", "decision", "least", "reason")},
        open=presenting.money(here.open, face.currency),
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        release_url=url_for("releases_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _facts(
    amount: int | None, used: dict[str, queries.Use], here: queries.Use, currency: str
) -> list[tuple[str, str]]:
    rows = [
        (t("Line"), presenting.money(amount, currency) if amount is not None else i18n.gettext("none yet")),
        (t("Used: open in all"), presenting.money(here.open, currency)),
        (t("Late of it"), presenting.money(here.late, currency)),
        (t("Free"), presenting.free(amount, here.open, currency)),
    ]
    rows += [
        (t("Open in another currency, counted towards no line"), presenting.money(use.open, other))
        for other, use in used.items()
        if other != currency
    ]
    return [(i18n.say(label), value) for label, value in rows]


def _ways(found: Suggestion, amount: int | None) -> list[tuple[str, str, str]]:
    ways = []
    if found.minor is not None:
        said = i18n.say(t("As suggested: %(amount)s",
                          amount=presenting.money(found.minor, person().creditor.currency)))  # fmt: skip
        ways.append((AS_SUGGESTED, said, ""))
    ways.append((OWN, i18n.gettext("Another amount"), i18n.gettext("Please write why.")))
    if amount is not None:
        ways.append((NONE, i18n.gettext("No line any more"), i18n.gettext("Please write why.")))
    return ways


def _state_of(line: CreditLine | None) -> str:
    return str(line.version) if line is not None else ""


@blueprint.post("/debtors/<id:debtor_id>/credit/line")
@allow(Permission.CREDIT)
def set_line(debtor_id: int) -> Any:
    """Another line for the customer: as suggested, or an amount of one's own with its reason."""
    only_own(debtors.debtor(debtor_id))
    form, (found, policy) = Form(), _suggested(debtor_id, queries.ratings(debtor_id))
    ways = {OWN, NONE} if found.minor is None else {AS_SUGGESTED, OWN, NONE}
    way = form.choice("way", ways, t("Please choose one."))
    typed = form.text("amount", longest=15)
    needed = None if way == AS_SUGGESTED else t("Please write why.")
    words = form.text("why", longest=MAX_WORDS, needed=needed)
    minor = found.minor if way == AS_SUGGESTED else None
    if way == OWN:
        minor = _amount(form, "amount", typed)
    if form.wrong:
        return _page(debtor_id, form)
    _unchanged(debtor_id, form)
    suggested = form.text("suggested", longest=20)
    if way == AS_SUGGESTED and suggested != str(found.minor):
        raise NotAllowedNow(t("The suggestion has changed meanwhile. Please look at it again."))
    actions.set_line(debtor_id, minor, person().creditor.currency, words=words, by=person().staff_id,
                     suggestion=found, policy=policy)  # fmt: skip
    return _done(debtor_id, t("Done. The line holds from now on, and your systems are told."))


def _amount(form: Form, name: str, typed: str) -> int | None:
    found = form.amount(name, typed.removeprefix("€").removesuffix("€").strip(), person().creditor.currency)
    return found.minor if found is not None else None


def _unchanged(debtor_id: int, form: Form) -> None:
    """409 with who and when, where a colleague changed the line after this page had been opened."""
    if form.text("seen", longest=12) == _state_of(queries.line(debtor_id, lock=True)):
        return
    last = next(iter(queries.changes(debtor_id)), None)
    name = people.names([last.changed_by]).get(last.changed_by or 0) if last is not None else None
    when = presenting.moment(last.changed_at) if last is not None else ""
    raise NotAllowedNow(
        t("%(who)s decided about it on %(when)s, after you had opened it. Please look at it again.",
          who=name or i18n.gettext("A colleague"), when=when)
    )  # fmt: skip


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", debtor_id=debtor_id), 303)


@blueprint.post("/debtors/<id:debtor_id>/credit/decision")
@allow(Permission.CREDIT)
def decide(debtor_id: int) -> Any:
    """Hold deliveries until an amount is paid, ask for a guarantee, or nothing; always with the reason."""
    only_own(debtors.debtor(debtor_id))
    face, form = person().creditor, Form()
    used = queries.use(debtor_id, clock.today(face.time_zone)).get(face.currency, queries.Use())
    decision = form.choice("decision", set(rules.DECISIONS), t("Please choose one."))
    words = form.text("reason", longest=MAX_WORDS, needed=t("Please write why."))
    typed, least = form.text("least", longest=15), None
    if decision == rules.HOLD:
        minor = _amount(form, "least", typed)
        least = Money(minor or 0, face.currency)
        open_now = Money(releases.open_of(debtor_id, face.currency), face.currency)
        why_not = release_rules.why_not_amount(least, open_now) if minor is not None else None
        if why_not is not None:
            form.wrong["least"] = why_not
    if form.wrong or decision is None:
        return _page(debtor_id, form)
    actions.decide(debtor_id, decision, words, person().staff_id, face.currency, least=least, use_minor=used.open)
    return _done(debtor_id, t("Done. It stands in the customer's history."))


# Alerts

GROUPS: dict[str, Text] = {"open": t("That go on"), "over": t("That are over")}
_ALERT_NAMES = ("state", "alert", "whose")


@blueprint.get("/credit/alerts")
@allow(Permission.READ)
def show_alerts() -> Any:
    policy, state = policies.current(), lists.chosen("state", GROUPS, "open")
    kind, mine = lists.chosen("alert", kinds.KINDS), lists.asked("whose") == "mine"
    of_kinds = [one for one in kinds.KINDS if kind in {"", one} and (not mine or _is_mine(policy.tell[one]))]
    page = queries.alert_page(of_kinds, is_open=state == "open", cursor=lists.asked("after") or None)
    names = people.names([*(row.alert.seen_by for row in page.rows), *presenting.who_is_named(policy)])
    all_kinds = {"": t("All"), **kinds.KINDS}
    whose = {"": t("Everybody's"), "mine": t("For me")}
    return render_template(
        "credit_lines/staff_alerts.html",
        title=i18n.gettext("Alerts"),
        filter_url=url_for(".show_alerts"),
        fields=[lists.choice("state", t("State"), GROUPS, state), lists.choice("alert", t("Kind"), all_kinds, kind),
                lists.choice("whose", t("For whom"), whose, "mine" if mine else "")],
        filtered=bool(kind or mine or state != "open"),
        clear_url=url_for(".show_alerts") if kind or mine or state != "open" else None,
        rows=[
            presenting.alert(row.alert, policy.tell[row.alert.kind], names, row.number)
            | {"debtor": row.debtor, "href": url_for(".show", debtor_id=row.alert.debtor_id)}
            for row in page.rows
        ],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(".show_alerts", _ALERT_NAMES) if lists.asked("after") else None,
        older_url=lists.address(".show_alerts", _ALERT_NAMES, after=page.next_cursor) if page.next_cursor else None,
        back_url=url_for(".show_list"),
    )  # fmt: skip


def _is_mine(rule: policies.Tell) -> bool:
    return rule.to in {str(person().staff_id), person().role.value}


@blueprint.post("/credit/alerts/<id:alert_id>/seen")
@allow(Permission.ANSWER)
def see(alert_id: int) -> Any:
    """A colleague has seen it: it stays until its cause ends."""
    alert = only_own(queries.alert(alert_id, lock=True))
    alerts.see(alert, person().staff_id)
    flash(i18n.say(t("Done. It stays here until what gave cause for it has ended.")), "done")
    return redirect(url_for(".show", debtor_id=alert.debtor_id), 303)
