"""Messages as the creditor's people see them: the list, each as it was sent, and sending again what failed."""

from collections.abc import Iterable
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for

from portal.core import ids
from portal.core.text import t
from portal.messages import actions, presenting, queries
from portal.messages.models import Message
from portal.messages.rules import LETTER
from portal.messages.states import MessageStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("messages_creditor", __name__)

# A mail in its frame runs nothing, loads nothing and leads nowhere; the page around it may hold that one frame.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
_FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@blueprint.get("/messages")
@allow(Permission.READ_MESSAGES)
def show_list() -> Any:
    typed = request.args.get("state", "")
    status = next((one for one in MessageStatus if one.value == typed), None)
    debtor_id = _debtor_asked()
    cursor = request.args.get("after")
    page = queries.listing(status, debtor_id, cursor)
    given = {"state": status.value if status else "", "debtor": ids.spell(debtor_id) if debtor_id else ""}
    asked: dict[str, Any] = {name: value for name, value in given.items() if value}
    failed = queries.not_sent()
    said = queries.facts([message.id for message in page.rows])
    return render_template(
        "messages/staff_list.html",
        title=i18n.gettext("Messages"),
        intro=i18n.say(t("%(count)s were not sent.", count=failed)) if failed else "",
        filter_url=url_for(".show_list"),
        fields=_filters(status),
        keep=[("debtor", given["debtor"])] if given["debtor"] else [],
        clear_url=url_for(".show_list") if asked else None,
        filtered=bool(asked),
        rows=[_row(message, said.get(message.id, {})) for message in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show_list", **asked) if cursor else None,
        older_url=url_for(".show_list", after=page.next_cursor, **asked) if page.next_cursor else None,
        due_url=None,
        letters_url=url_for("postal_creditor.show"),
    )


def _debtor_asked() -> int | None:
    """The debtor whose messages are asked for; an id that cannot be read is not asked for."""
    try:
        return ids.read(request.args.get("debtor", ""))
    except ValueError:
        return None


def _filters(status: MessageStatus | None) -> list[dict[str, Any]]:
    options = [("", i18n.gettext("All")), *((one.value, i18n.say(one.label)) for one in MessageStatus)]
    return [
        {"id": "state", "label": i18n.gettext("State"), "value": status.value if status else "", "options": options},
    ]


def _row(message: Message, said: Iterable[str]) -> dict[str, Any]:
    zone = person().creditor.time_zone
    state, tint = presenting.state(message, said)
    return {
        "to": message.to_address,
        "href": url_for(".show", message_id=message.id),
        "subject": message.subject or presenting.kind(message),
        "about": presenting.kind(message) if message.subject else "",
        "channel": presenting.channel(message),
        "when": i18n.moment(message.sent_at or message.planned_at, zone),
        "state": state,
        "kind": tint,
        "note": presenting.why(message.why or _why_not_now(message)),
    }


@blueprint.get("/messages/<id:message_id>")
@allow(Permission.READ_MESSAGES)
def show(message_id: int) -> Any:
    """The message as it was sent, its link as a placeholder, and what became of it."""
    message = _own(message_id)
    zone = person().creditor.time_zone
    state, tint = presenting.state(message, queries.facts([message.id]).get(message.id, {}))
    may_send = message.status is MessageStatus.FAILED and person().may(Permission.SEND)
    page = render_template(
        "messages/staff_message.html",
        title=message.subject or presenting.kind(message),
        message={
            "subject": message.subject or presenting.kind(message),
            "state": state,
            "kind": tint,
            "note": presenting.why(message.why),
            "text": message.text_body or "",
            "fingerprint": message.sha256 or "",
        },
        details=[
            (i18n.gettext("To"), message.to_address),
            (i18n.gettext("Kind"), presenting.kind(message)),
            (i18n.gettext("Channel"), presenting.channel(message)),
            (i18n.gettext("Language"), i18n.languages()[i18n.known(message.language) or i18n.DEFAULT].own_name),
            (i18n.gettext("When"), i18n.moment(message.sent_at or message.planned_at, zone)),
            (i18n.gettext("Number"), ids.spell(message.id)),
        ],
        entries=[
            presenting.entry(row, zone, on_paper=message.channel == LETTER) for row in queries.history(message.id)
        ],
        html_url=url_for(".show_html", message_id=message.id) if message.html_body else None,
        again_url=url_for(".send_again", message_id=message.id) if may_send else None,
        back_url=url_for(".show_list"),
    )
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = _FRAME_POLICY
    return answer


def _why_not_now(message: Message) -> str | None:
    """Of one that waits: why it would be held back if it left now."""
    return actions.why_not(message) if message.status is MessageStatus.PLANNED else None


@blueprint.get("/messages/<id:message_id>/html")
@allow(Permission.READ_MESSAGES)
def show_html(message_id: int) -> Any:
    """The HTML part alone, for the frame: in a sandbox whoever opens it, and with nothing from elsewhere."""
    answer = Response(only_own(_own(message_id).html_body), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _MAIL_POLICY
    return answer


@blueprint.post("/messages/<id:message_id>/again")
@allow(Permission.SEND)
def send_again(message_id: int) -> Any:
    actions.send_again(_own(message_id))
    flash(i18n.gettext("Done. It is on its way once more."), "done")
    return redirect(url_for(".show", message_id=message_id), 303)


def _own(message_id: int) -> Message:
    message: Message = only_own(queries.one(message_id))
    return message
