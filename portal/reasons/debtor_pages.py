"""Why it is still open: one tap, kept with its date, and each answer opens its own road."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current, answering
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.reasons import actions, rules
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint

blueprint = debtor_blueprint("reasons_debtor", __name__)

# Which reasons the form to contest it shows first (portal.disputes.rules.CATEGORIES).
_KINDS = {rules.MISTAKE: "administrative", rules.CONTEST: "technical"}


def _late(visit: Current) -> list[Item]:
    today = clock.today(visit.creditor.time_zone)
    items = invoice_queries.items_of_debtor(visit.debtor_id, visit.invoice_id)
    return [item for item in items if item.due_on < today] or items


@blueprint.post("/reason")
def give() -> Any:
    """Keeps the answer and goes where it leads; an answer that is none leads back, with nothing kept."""
    visit, form = answering(), Form()
    reason = form.choice("reason", set(rules.REASONS), t("Please choose one of the answers."))
    if reason is None:
        return _ask(form)
    late = _late(visit)
    documents = list(dict.fromkeys(item.invoice_id for item in late))
    actions.give(visit, reason, invoice_id=documents[0] if len(documents) == 1 else None)
    if not late:
        return redirect(url_for("home_debtor.show"), 303)
    if reason in rules.ABOUT_ONE and len(documents) > 1:
        return redirect(url_for(".show_which", reason=reason), 303)
    return redirect(_road(reason, late), 303)


def _ask(form: Form) -> Any:
    page = render_template(
        "reasons/debtor_reason.html",
        title=i18n.gettext("Why is it still open?"),
        why={
            "url": url_for(".give"),
            "answers": [(key, i18n.say(label)) for key, label in rules.REASONS.items()],
            "told": "",
        },
        pay_url=url_for("payments_debtor.show_choices"),
        errors=form.errors,
    )
    return page, 422 if form.wrong else 200


def _road(reason: str, late: list[Item]) -> str:
    """Where an answer leads; `late` are the due items that it is about."""
    first = late[0]
    if reason == rules.DIFFICULTY:
        return url_for("hardship_debtor.show")
    if reason == rules.FORGOT:
        return url_for("payments_debtor.show_choices")
    if reason == rules.PAID:
        return url_for("already_paid_debtor.show_new")
    return url_for("disputes_debtor.show_form", invoice_id=first.invoice_id, kind=_KINDS[reason])


@blueprint.get("/reason/which")
def show_which() -> Any:
    """Which of several documents the answer is about."""
    visit = answering()
    asked = request.args.get("reason", "")
    reason = asked if asked in rules.ABOUT_ONE else rules.MISTAKE
    today = clock.today(visit.creditor.time_zone)
    by_document = {item.invoice_id: item for item in reversed(_late(visit))}
    return render_template(
        "reasons/debtor_which.html",
        title=i18n.gettext("Which document is it about?"),
        items=[
            {
                "title": i18n.say(t("Invoice %(number)s", number=item.number)),
                "due": invoices.due(item, today),
                "open": i18n.money(item.open),
                "href": _road(reason, [item]),
                "note": None,
            }
            for item in reversed(by_document.values())
        ],
    )
