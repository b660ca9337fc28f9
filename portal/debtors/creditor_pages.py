"""The doors as the creditor's people see them: links to take back, acts that wait for a colleague, choices."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for

from portal.core import ids
from portal.core.text import Text, t
from portal.debtors import policies, queries, revoking, step_up, step_up_queries, step_up_rules
from portal.debtors.models import StepUp
from portal.people import grave_settings
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("doors_creditor", __name__)

BY_HAND = "by_hand"
LONGEST_HOW = 300
CHANNELS: dict[str, Text] = {"email": t("E-mail"), "pec": t("E-mail"), "mobile": t("Mobile")}
OF_CREDITOR: dict[str, tuple[Text, Text]] = {
    "campaign": (t("All of one kind of message"), t("For example, when a mailing went wrong.")),
    "before": (t("All made before a day"), t("For example, before a leak was closed.")),
    "all": (t("All of them"), t("Every customer will need a new link.")),
}
NO_OTHER_CHANNEL: dict[str, tuple[Text, Text]] = {
    policies.WAIT: (t("We decide"), t("Somebody here calls the customer and makes sure. This is the safer way.")),
    policies.SAME: (
        t("The code goes the way the link came"),
        t("Quicker, and weaker: whoever reads the mailbox can confirm. The evidence says so."),
    ),
}


@blueprint.get("/links")
@allow(Permission.SETTINGS)
def show_links() -> Any:
    return _links_page(Form())


def _links_page(form: Form, number: int | None = None) -> Any:
    campaigns = revoking.campaigns()
    page = render_template(
        "debtors/staff_links.html",
        title=i18n.gettext("Links"),
        revoke_url=url_for(".revoke_many"),
        kinds=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in OF_CREDITOR.items()],
        campaigns=[(name, f"{name} ({count!s})") for name, count in campaigns],
        live=str(sum(count for _name, count in campaigns)),
        which=form.typed.get("which", ""),
        campaign=form.typed.get("campaign", ""),
        before=form.typed.get("before", ""),
        number=None if number is None else str(number),
        back_url=url_for("settings_creditor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/links/revoke")
@allow(Permission.SETTINGS)
@recently_proved
def revoke_many() -> Any:
    """Says first how many links it would be; with the tick they open nothing any more (rule A-10)."""
    form = Form()
    which = _which(form)
    if which is None or form.wrong:
        return _links_page(form)
    number = revoking.count(which)
    if request.form.get("sure") != "yes":
        form.wrong["sure"] = t("Links to be closed: %(count)s. Tick the box if you are sure.", count=number)
        return _links_page(form, number)
    _revoke(which)
    return redirect(url_for(".show_links"), 303)


def _revoke(which: revoking.Which) -> None:
    """Takes them back and says how many; where none was live, that the visits are over."""
    number = revoking.revoke(which, BY_HAND)
    if not number:
        flash(i18n.say(t("Done. Nobody is in through these links any more.")), "done")
        return
    said = i18n.ngettext(
        "Done. %(count)s link opens nothing any more.", "Done. %(count)s links open nothing any more.", number
    )
    flash(said % {"count": number}, "done")


def _which(form: Form) -> revoking.Which | None:
    kind = form.choice("which", frozenset(OF_CREDITOR), t("Please choose which links."))
    campaign = form.text("campaign", longest=40)
    before = form.day("before")
    if kind == "campaign":
        if campaign not in {name for name, _count in revoking.campaigns()}:
            form.wrong["campaign"] = t("Please choose a kind of message.")
        return revoking.Which(campaign=campaign)
    if kind == "before":
        if before is None:
            form.wrong.setdefault("before", t("Please write the day."))
            return None
        zone = ZoneInfo(person().creditor.time_zone)
        return revoking.Which(issued_before=datetime.combine(before, time(), zone).astimezone(UTC))
    return revoking.Which() if kind == "all" else None


@blueprint.get("/debtors/<id:debtor_id>/links")
@allow(Permission.READ)
def show_debtor_links(debtor_id: int) -> Any:
    """How many links of one customer are live, for each address, who is in through them, and taking them back."""
    debtor = only_own(queries.debtor(debtor_id))
    may = person().may(Permission.SEND)
    rows = []
    for contact in queries.contacts(debtor_id):
        which = revoking.Which(debtor_id=debtor_id, contact_id=contact.id)
        live, running = revoking.count(which), revoking.visits(which)
        rows.append(
            {
                "address": contact.address,
                "channel": CHANNELS.get(contact.channel, Text(contact.channel)),
                "colleague": contact.colleague,
                "live": str(live),
                "running": str(running) if running else "",
                "contact": ids.spell(contact.id) if may and (live or running) else "",
            }
        )
    all_of_them = revoking.Which(debtor_id=debtor_id)
    live, running = revoking.count(all_of_them), revoking.visits(all_of_them)
    return render_template(
        "debtors/staff_debtor_links.html",
        title=i18n.gettext("Links"),
        name=debtor.name,
        rows=rows,
        live=str(live),
        running=str(running) if running else "",
        revoke_url=url_for(".revoke_of_debtor", debtor_id=debtor_id) if may and (live or running) else None,
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
    )


@blueprint.post("/debtors/<id:debtor_id>/links/revoke")
@allow(Permission.SEND)
def revoke_of_debtor(debtor_id: int) -> Any:
    """All links of the customer, or of the address named in `contact`."""
    only_own(queries.debtor(debtor_id))
    contact_id = None
    if request.form.get("contact"):
        asked = request.form["contact"]
        named = (contact.id for contact in queries.contacts(debtor_id) if ids.spell(contact.id) == asked)
        contact_id = only_own(next(named, None))
    _revoke(revoking.Which(debtor_id=debtor_id, contact_id=contact_id))
    return redirect(url_for(".show_debtor_links", debtor_id=debtor_id), 303)


@blueprint.get("/confirmations")
@allow(Permission.READ)
def show_waiting() -> Any:
    """What customers asked for and no code could confirm: call, make sure, decide (rule A-45)."""
    return _waiting_page(Form())


def _how(step_up_id: int) -> str:
    """The field of one act: several stand on the page."""
    return f"how-{ids.spell(step_up_id)}"


def _waiting_page(form: Form) -> Any:
    zone, may = person().creditor.time_zone, person().may(Permission.VOUCH)
    page = render_template(
        "debtors/staff_step_ups.html",
        title=i18n.gettext("To make sure of"),
        rows=[
            {
                "name": one.debtor_name,
                "code": one.debtor_code,
                "href": url_for("debtors_creditor.show", debtor_id=one.row.debtor_id),
                "terms": one.row.terms_text.split("\n"),
                "terms_lang": one.row.language,
                "signer": one.row.signer_name or "",
                "role": step_up_rules.ROLES.get(one.row.signer_role or "", Text("")),
                "proved": one.row.proved_at is not None,
                "when": i18n.moment(one.row.status_at, zone),
                "how_field": _how(one.row.id),
                "how": form.typed.get(_how(one.row.id), ""),
                "agree_url": url_for(".agree", step_up_id=one.row.id) if may else None,
                "decline_url": url_for(".decline", step_up_id=one.row.id) if may else None,
            }
            for one in step_up_queries.waiting_for_staff()
        ],
        may=may,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _waiting(step_up_id: int) -> StepUp:
    row: StepUp = only_own(step_up_queries.one(step_up_id))
    return row


@blueprint.post("/confirmations/<id:step_up_id>/agree")
@allow(Permission.VOUCH)
@recently_proved
def agree(step_up_id: int) -> Any:
    """Level 3 by a person's word: a manager of the creditor's own, proved a moment ago, who says how (A-45, A-66)."""
    row, form = _waiting(step_up_id), Form()
    how = form.text(_how(step_up_id), longest=LONGEST_HOW, needed=t("Please write whom you called."))
    if form.wrong:
        return _waiting_page(form)
    step_up.agree(row, how)
    flash(i18n.say(t("Done. What the customer asked for is in force now.")), "done")
    return redirect(url_for(".show_waiting"), 303)


@blueprint.post("/confirmations/<id:step_up_id>/decline")
@allow(Permission.VOUCH)
def decline(step_up_id: int) -> Any:
    step_up.decline(_waiting(step_up_id))
    flash(i18n.say(t("Done. Nothing was changed.")), "done")
    return redirect(url_for(".show_waiting"), 303)


@blueprint.get("/settings/doors")
@allow(Permission.SETTINGS)
def show_settings() -> Any:
    return _settings_page(Form())


def _settings_page(form: Form) -> Any:
    chosen = policies.policy()
    page = render_template(
        "debtors/staff_doors.html",
        title=i18n.gettext("Access and codes"),
        save_url=url_for(".save_settings"),
        choices=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in NO_OTHER_CHANNEL.items()],
        no_other_channel=form.typed.get("no_other_channel", chosen.no_other_channel),
        hand_over=form.typed.get("hand_over", "yes" if chosen.hand_over and not form.typed else ""),
        roads_to=[
            (i18n.gettext("Close links"), url_for(".show_links")),
            (i18n.gettext("To make sure of"), url_for(".show_waiting")),
            (i18n.gettext("Settings"), url_for("settings_creditor.show")),
        ],
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/settings/doors")
@allow(Permission.SETTINGS)
@recently_proved
def save_settings() -> Any:
    form = Form()
    chosen = form.choice("no_other_channel", frozenset(NO_OTHER_CHANNEL), t("Please choose what happens then."))
    form.typed["hand_over"] = "yes" if request.form.get("hand_over") == "yes" else ""
    if chosen is None:
        return _settings_page(form)
    changed = policies.choose(policies.Policy(chosen, bool(form.typed["hand_over"])))
    grave_settings.tell(changed, by=person().staff_id)
    flash(i18n.say(t("Done. It holds from now on.") if changed else t("Nothing was different.")), "done")
    return redirect(url_for(".show_settings"), 303)
