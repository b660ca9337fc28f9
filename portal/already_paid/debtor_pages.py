""" "I have already paid": saying so, seeing where the search stands, correcting date and reference."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.already_paid import actions, presenting, queries, rules
from portal.already_paid.forms import PaidForm
from portal.already_paid.models import PaidClaim
from portal.already_paid.states import ClaimStatus
from portal.cases import file_forms, kinds, numbers
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import clock, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors.visits import Current, answering, current
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.web import i18n
from portal.web.forms import Form, chosen_ids
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("already_paid_debtor", __name__)

# What a link to one of its documents may say of a search for several (rule A-07).
_SAID_WITH_OTHERS = t("You have told us already, together with other documents. To correct it, please talk to us.")


def _items(visit: Current) -> tuple[list[Item], dict[int, int]]:
    """What is open and not being looked for; and the search that runs, by due item."""
    items = invoice_queries.items_of_debtor(visit.debtor_id, visit.invoice_id)
    running = queries.running_by_item([item.item_id for item in items]) if items else {}
    return [item for item in items if item.item_id not in running], running


@blueprint.get("/already-paid")
def show_new() -> Any:
    visit = answering()
    items, running = _items(visit)
    named = chosen_ids(Form().listed("items[]"))
    if not all(one in running or one in {item.item_id for item in items} for one in named):
        only_own(None)
    if running and not [item for item in items if not named or item.item_id in named]:
        claim_id = next((running[one] for one in named if one in running), next(iter(running.values())))
        if not _reaches(visit, invoice_queries.items(queries.item_ids(claim_id))):
            return _page(visit, [], named, PaidForm.blank(), _SAID_WITH_OTHERS)
        return redirect(url_for(".show", claim_id=claim_id))
    return _page(visit, items, named, PaidForm.blank())


@blueprint.post("/already-paid")
def submit() -> Any:
    visit = answering()
    items, running = _items(visit)
    named = chosen_ids(Form().listed("items[]"))
    if any(one in running for one in named):
        raise NotAllowedNow(t("You have told us already: we are looking for it."))
    known = {item.item_id: item for item in items}
    if not all(one in known for one in named):
        only_own(None)
    read = PaidForm.read(clock.today(visit.creditor.time_zone), items=named)
    if read.form.wrong or read.paid_on is None:
        return _page(visit, items, named, read)
    chosen = [known[one] for one in named]
    made = actions.claim(
        visit, chosen, paid_on=read.paid_on, reference=read.reference, words=read.words, files=read.files
    )
    return redirect(url_for(".show", claim_id=made.id), 303)


def _page(visit: Current, items: list[Item], named: list[int], read: PaidForm, why_not: Text | None = None) -> Any:
    today, typed = clock.today(visit.creditor.time_zone), read.form.typed
    wanted = set(named) or {item.item_id for item in items if item.due_on < today}
    page = render_template(
        "already_paid/debtor_claim.html",
        title=i18n.gettext("I have already paid"),
        save_url=url_for(".submit") if items else None,
        why_not=i18n.say(why_not or t("Nothing is open here: there is nothing to look for.")) if not items else "",
        help_url=url_for("cases_debtor.show_help"),
        choices=[
            {
                "id": ids.spell(item.item_id),
                "title": invoices.title(item),
                "due": invoices.due(item, today),
                "open": i18n.money(item.open),
                "chosen": item.item_id in wanted or len(items) == 1,
            }
            for item in items
        ],
        paid_on=typed.get("paid_on", ""),
        today=today.isoformat(),
        reference=typed.get("reference", ""),
        longest=rules.LONGEST_REFERENCE,
        words=typed.get("words", ""),
        files=file_forms.fields(),
        errors=read.form.errors,
        error_of=dict(read.form.errors),
    )
    return page, 422 if read.form.wrong else 200


def _own(claim_id: int, *, lock: bool = False) -> tuple[PaidClaim, list[Item]]:
    """The claim with its due items, if this visit's link reaches them (rule A-07)."""
    visit = answering()
    found: PaidClaim = only_own(queries.claim(claim_id, lock=lock))
    items = invoice_queries.items(queries.item_ids(found.id))
    if not _reaches(visit, items):
        only_own(None)
    return found, items


def _reaches(visit: Current, items: list[Item]) -> bool:
    return visit.invoice_id is None or all(item.invoice_id == visit.invoice_id for item in items)


@blueprint.get("/already-paid/<id:claim_id>")
def show(claim_id: int) -> Any:
    """Where the search stands, what comes next."""
    return _claim_page(*_own(claim_id), PaidForm.blank())


def _claim_page(found: PaidClaim, items: list[Item], read: PaidForm) -> Any:
    visit = current()
    zone = visit.creditor.time_zone
    case = case_queries.about(kinds.ALREADY_PAID, found.id)
    typed = read.form.typed
    page = render_template(
        "already_paid/debtor_search.html",
        title=i18n.gettext("I have already paid"),
        done=found.status in {ClaimStatus.FOUND, ClaimStatus.OTHERWISE},
        heading=presenting.heading(found, visit.creditor),
        happened=i18n.say(t("You told us on %(moment)s.", moment=i18n.moment(found.claimed_at, zone))),
        reference_number=numbers.spoken(case.number) if case is not None else "",
        case_url=url_for("cases_debtor.show_case", case_id=case.id) if case is not None else None,
        steps=presenting.steps(found),
        facts=presenting.facts(found, items),
        correct_url=url_for(".correct", claim_id=found.id) if queries.is_running(found) else None,
        asked=found.status is ClaimStatus.ASKED,
        paid_on=typed.get("paid_on", found.paid_on.isoformat()),
        today=clock.today(zone).isoformat(),
        reference=typed.get("reference", found.reference or ""),
        longest=rules.LONGEST_REFERENCE,
        errors=read.form.errors,
        error_of=dict(read.form.errors),
    )
    return page, 422 if read.form.wrong else 200


@blueprint.post("/already-paid/<id:claim_id>")
def correct(claim_id: int) -> Any:
    """Date and reference once more: the search goes on."""
    found, items = _own(claim_id, lock=True)
    read = PaidForm.read(clock.today(current().creditor.time_zone))
    if read.form.wrong or read.paid_on is None:
        return _claim_page(found, items, read)
    goes_on = actions.correct(current(), found, paid_on=read.paid_on, reference=read.reference)
    said = t("Thank you. We go on looking.") if goes_on else t("Thank you. We have written it down.")
    flash(i18n.say(said), "done")
    return redirect(url_for(".show", claim_id=found.id), 303)


def panel(case: Case) -> Panel | None:
    """What the case's page adds for its customer."""
    values = presenting.panel_values(case)
    if values is None:
        return None
    shown = {"facts": values["facts"], "href": url_for("already_paid_debtor.show", claim_id=case.subject_id)}
    return Panel("already_paid/customer_panel.html", shown)
