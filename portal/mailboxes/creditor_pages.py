"""The creditor's mailbox: where it is, whose mails count, how it does, and what became of the last mails."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import Text, t
from portal.mailboxes import actions, queries, rules
from portal.mailboxes.models import Mailbox
from portal.mailboxes.rules import Found
from portal.mailboxes.states import MailboxStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("mailbox_creditor", __name__, url_prefix="/c/imports/mailbox")

TINTS = {MailboxStatus.ACTIVE: "good", MailboxStatus.STOPPED: "problem"}
LONGEST_SENDERS = 4_000
_FIELDS = ("host", "port", "user", "folder", "senders")


@blueprint.get("")
@allow(Permission.WEBHOOKS)
def show() -> Any:
    return _page(queries.mailbox(), Form())


def _page(mailbox: Mailbox | None, form: Form) -> Any:
    active = mailbox is not None and mailbox.status is MailboxStatus.ACTIVE
    page = render_template(
        "mailboxes/staff_mailbox.html",
        title=i18n.gettext("Invoices by mail"),
        standing=_standing(mailbox) if mailbox is not None else None,
        active=active,
        pause_url=url_for(".stop" if active else ".resume"),
        mails=_mails(mailbox) if mailbox is not None else [],
        has_password=mailbox is not None,
        typed=_typed(form, mailbox),
        save_url=url_for(".save"),
        back_url=url_for("imports_creditor.show_upload"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _standing(mailbox: Mailbox) -> dict[str, Any]:
    zone = person().creditor.time_zone
    why = mailbox.stopped_why if mailbox.status is MailboxStatus.STOPPED else mailbox.trouble
    return {
        "state": mailbox.status.label,
        "kind": TINTS[mailbox.status] if why is None or mailbox.status is MailboxStatus.STOPPED else "wait",
        "why": i18n.say(rules.WORDS[why]) if why else "",
        "details": [
            (i18n.gettext("Mailbox"), mailbox.user),
            (i18n.gettext("Last read"), i18n.moment(mailbox.read_at, zone) if mailbox.read_at else "–"),
        ],
    }


def _mails(mailbox: Mailbox) -> list[dict[str, Any]]:
    zone = person().creditor.time_zone
    may_see = person().may(Permission.READ_IMPORTS)
    return [
        {
            "when": i18n.moment(one.at, zone),
            "became": i18n.say(rules.BECAME[one.outcome]),
            "kind": "wait" if one.outcome == Found.TAKEN else "plain",
            "href": url_for("imports_creditor.show_report", batch_id=one.batch_id)
            if one.batch_id is not None and may_see
            else None,
        }
        for one in queries.last_mails(mailbox.id)
    ]


def _typed(form: Form, mailbox: Mailbox | None) -> dict[str, str]:
    there = {"host": "", "port": str(actions.TLS_PORT), "user": "", "folder": "INBOX", "senders": ""}
    if mailbox is not None:
        there = {name: str(getattr(mailbox, name)) for name in _FIELDS}
    return {name: form.typed.get(name, there[name]) for name in _FIELDS}


@blueprint.post("")
@allow(Permission.WEBHOOKS)
@recently_proved
def save() -> Any:
    """Sets it up or changes it; what was typed wrongly is said beside its field, the password is typed anew."""
    form = Form()
    port = form.text("port", longest=5) or str(actions.TLS_PORT)
    given = {
        "host": form.text("host", longest=253),
        "user": form.text("user", longest=actions.LONGEST_USER),
        "password": form.text("password", longest=actions.LONGEST_PASSWORD),
        "folder": form.text("folder", longest=actions.LONGEST_FOLDER),
        "senders": form.text("senders", longest=LONGEST_SENDERS),
    }
    form.typed.pop("password", None)
    if not form.wrong:
        try:
            actions.save(port=int(port) if port.isascii() and port.isdigit() else 0, **given)
            return _done(t("Done. We look into it now, and then every five minutes."))
        except actions.Wrong as error:
            form.wrong[error.field] = error.text
    return _page(queries.mailbox(), form)


@blueprint.post("/stop")
@allow(Permission.WEBHOOKS)
def stop() -> Any:
    actions.stop(_mailbox())
    return _done(t("Done. Nobody reads it now; what comes meanwhile is read when it goes on."))


@blueprint.post("/resume")
@allow(Permission.WEBHOOKS)
def resume() -> Any:
    actions.resume(_mailbox())
    return _done(t("Done. We look into it now, and then every five minutes."))


def _mailbox() -> Mailbox:
    found: Mailbox = only_own(queries.mailbox(lock=True))
    return found


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)
