"""Ways back into the creditor's systems: which there are, how each does, what somebody has to look at."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import ids
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sync import actions, dropping, queries, rules
from portal.sync.connectors import BY_MAIL, BY_REQUEST, LABELS
from portal.sync.models import Connector, Push
from portal.sync.states import ConnectorStatus
from portal.web import i18n, lists
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("connectors_creditor", __name__, url_prefix="/c/connectors")

TINTS = {ConnectorStatus.ACTIVE: "good", ConnectorStatus.STOPPED: "problem"}
LONGEST_MAPPING = 8_000


@blueprint.get("")
@allow(Permission.WEBHOOKS)
def show_list() -> Any:
    return _list_page(Form())


def _list_page(form: Form) -> Any:
    found = queries.connectors()
    counts = queries.counts([one.id for one in found])
    page = render_template(
        "sync/staff_connectors.html",
        title=i18n.gettext("State back"),
        rows=[_row(one, counts.get(one.id, (0, 0))) for one in found],
        ways=[(code, i18n.say(label)) for code, label in LABELS.items()],
        typed=_typed(form),
        folder=_folder(),
        add_url=url_for(".add"),
        sheet_url=url_for("reconciliation_creditor.show"),
        webhooks_url=url_for("webhooks_creditor.show_endpoints"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _typed(form: Form, connector: Connector | None = None) -> dict[str, str]:
    there = {"way": "rest", "url": "", "mapping": ""}
    if connector is not None:
        there = {"way": connector.way, "url": connector.url or "", "mapping": connector.mapping or ""}
    return {name: form.typed.get(name, value) for name, value in there.items()}


def _folder() -> str | None:
    """What the folder for files is called below the exchange; none: there is no exchange."""
    return f"{person().creditor.slug}/out" if dropping.folder(person().creditor.slug) is not None else None


def _row(one: Connector, counts: tuple[int, int]) -> dict[str, Any]:
    waiting, stuck = counts
    return {
        "label": i18n.say(LABELS[one.way]),
        "where": one.url or _folder() or "",
        "href": url_for(".show", connector_id=one.id),
        "state": one.status.label,
        "kind": TINTS[one.status],
        "why": _why(one.stopped_why),
        "waiting": str(waiting),
        "stuck": str(stuck),
    }


def _why(why: str | None) -> str:
    return i18n.say(rules.WORDS[why]) if why else ""


def _read(form: Form) -> dict[str, str]:
    return {
        "url": form.text("url", longest=actions.LONGEST_URL) or "",
        "key": form.text("key", longest=actions.LONGEST_KEY) or "",
        "wanted": form.text("mapping", longest=LONGEST_MAPPING) or "",
    }


@blueprint.post("")
@allow(Permission.WEBHOOKS)
@recently_proved
def add() -> Any:
    """A new way back: it is told of what changes from now on."""
    form = Form()
    way = form.choice("way", frozenset(LABELS), t("Please choose a way."))
    given = _read(form)
    form.typed.pop("key", None)
    if form.wrong or way is None:
        return _list_page(form)
    try:
        connector = actions.add(way, **given)
    except actions.Wrong as error:
        form.wrong[error.field] = error.text
        return _list_page(form)
    return _done(connector, t("Done. What changes from now on is told there."))


@blueprint.get("/<id:connector_id>")
@allow(Permission.WEBHOOKS)
def show(connector_id: int) -> Any:
    return _page(_connector(connector_id, lock=False), Form())


def _page(one: Connector, form: Form) -> Any:
    zone = person().creditor.time_zone
    active = one.status is ConnectorStatus.ACTIVE
    waiting, stuck = queries.counts([one.id]).get(one.id, (0, 0))
    page = queries.stuck(one.id, lists.asked("after") or None)
    shown = render_template(
        "sync/staff_connector.html",
        title=i18n.say(LABELS[one.way]),
        state=one.status.label,
        kind=TINTS[one.status],
        why=_why(one.stopped_why),
        details=[
            (i18n.gettext("Address"), one.url or _folder() or ""),
            (i18n.gettext("Waiting"), str(waiting)),
            (i18n.gettext("Somebody has to look"), str(stuck)),
            (i18n.gettext("Number"), ids.spell(one.id)),
        ],
        stuck=[
            {
                "number": number,
                "href": _invoice_url(told.invoice_id),
                "why": _why(told.why),
                "when": i18n.moment(told.at, zone),
                "again_url": url_for(".try_again", connector_id=one.id, told_id=told.id) if active else None,
            }
            for told, number in page.rows
        ],
        older_url=url_for(".show", connector_id=one.id, after=page.next_cursor) if page.next_cursor else None,
        newer_url=url_for(".show", connector_id=one.id) if lists.asked("after") else None,
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        pushes=[
            {
                "when": i18n.moment(push.at, zone),
                "what": number or _how_many(push),
                "result": _why(push.result),
                "answer": str(push.http_status or ""),
                "kind": "good" if push.result in (rules.Reason.DONE, rules.SHEET) else "problem",
            }
            for push, number in queries.pushes(one.id)
        ],
        by_request=one.way in BY_REQUEST,
        by_mail=one.way in BY_MAIL,
        has_key=one.sealed_key is not None,
        typed=_typed(form, one),
        save_url=url_for(".save", connector_id=one.id),
        pause_url=url_for(".stop" if active else ".resume", connector_id=one.id),
        active=active,
        resend_url=url_for(".resend", connector_id=one.id) if active else None,
        resending=one.resend_behind is not None,
        back_url=url_for(".show_list"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return shown, 422 if form.wrong else 200


def _how_many(push: Push) -> str:
    if push.result == rules.SHEET:
        return i18n.ngettext("%(count)s day", "%(count)s days", push.count) % {"count": push.count}
    return i18n.ngettext("%(count)s invoice", "%(count)s invoices", push.count) % {"count": push.count}


def _invoice_url(invoice_id: int) -> str:
    return url_for("invoices_creditor.show", invoice_id=invoice_id)


def _connector(connector_id: int, *, lock: bool = True) -> Connector:
    found: Connector = only_own(queries.connector(connector_id, lock=lock))
    return found


@blueprint.post("/<id:connector_id>")
@allow(Permission.WEBHOOKS)
@recently_proved
def save(connector_id: int) -> Any:
    """Another address, key or list of fields."""
    connector, form = _connector(connector_id), Form()
    given = _read(form)
    form.typed.pop("key", None)
    if form.wrong:
        return _page(connector, form)
    try:
        actions.change(connector, **given)
    except actions.Wrong as error:
        form.wrong[error.field] = error.text
        return _page(connector, form)
    return _done(connector, t("Done. It holds from now on."))


@blueprint.post("/<id:connector_id>/stop")
@allow(Permission.WEBHOOKS)
def stop(connector_id: int) -> Any:
    connector = _connector(connector_id)
    actions.stop(connector)
    return _done(connector, t("Done. Nothing goes there now; what changes is told when it goes on."))


@blueprint.post("/<id:connector_id>/resume")
@allow(Permission.WEBHOOKS)
def resume(connector_id: int) -> Any:
    connector = _connector(connector_id)
    actions.resume(connector)
    return _done(connector, t("Done. It goes on with what changed meanwhile."))


@blueprint.post("/<id:connector_id>/resend")
@allow(Permission.WEBHOOKS)
def resend(connector_id: int) -> Any:
    """Every invoice once more."""
    connector = _connector(connector_id)
    actions.resend(connector)
    return _done(connector, t("Done. Every invoice goes there once more, over the next minutes."))


@blueprint.post("/<id:connector_id>/told/<id:told_id>/again")
@allow(Permission.WEBHOOKS)
def try_again(connector_id: int, told_id: int) -> Any:
    connector = _connector(connector_id)
    found = queries.told(told_id, lock=True)
    told = only_own(found if found is not None and found.connector_id == connector.id else None)
    actions.try_again(connector, told)
    return _done(connector, t("Done. It is on its way once more."))


def _done(connector: Connector, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", connector_id=connector.id), 303)
