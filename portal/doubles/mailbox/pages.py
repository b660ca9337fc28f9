"""The mailbox's pages: the list, one mail as it looks, reads and was sent; and JSON for other programs."""

import re
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request

from portal.core.clock import iso
from portal.doubles.looks import dress, refreshing
from portal.doubles.mailbox.mails import Mail
from portal.doubles.mailbox.store import MailStore

VIEWS = {"html": "As it looks", "text": "Text", "headers": "Headers", "raw": "As sent"}
_LONGEST_WAIT = 30.0
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
# A mail's HTML runs no script and loads nothing; its links leave the frame when a person clicks them.
SANDBOX = "allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def make_app(store: MailStore) -> Flask:
    """The pages over `store`."""
    app = dress(Flask(__name__))
    _reading(app, store)
    _fetching(app, store)
    return app


def _reading(app: Flask, store: MailStore) -> None:
    @app.get("/")
    def inbox() -> Response:
        sought, paused = request.args.get("q", "").strip(), "still" in request.args
        mails = [mail for mail in reversed(store.all()) if _matches(mail, sought)]
        page = render_template("inbox.html", mails=mails, sought=sought, paused=paused)
        return refreshing(page, 10, paused or bool(sought))

    @app.get("/messages/<mail_id>")
    def message(mail_id: str) -> str:
        mail = _one(store, mail_id)
        view = request.args.get("view", "html" if mail.html else "text")
        if view not in VIEWS:
            abort(404)
        return render_template("mail.html", mail=mail, view=view, views=VIEWS, sandbox=SANDBOX)

    @app.get("/messages/<mail_id>/html")
    def message_html(mail_id: str) -> Response:
        page = Response(with_links_to_the_top(_one(store, mail_id).html), mimetype="text/html")
        page.headers["Content-Security-Policy"] = _MAIL_POLICY
        return page


def _fetching(app: Flask, store: MailStore) -> None:
    @app.get("/messages/<mail_id>/raw")
    def message_raw(mail_id: str) -> Response:
        mail = _one(store, mail_id)
        return _download(mail.raw, "message/rfc822", f"{mail.id}.eml")

    @app.get("/messages/<mail_id>/attachments/<int:position>")
    def attachment(mail_id: str, position: int) -> Response:
        attachments = _one(store, mail_id).attachments
        if position >= len(attachments):
            abort(404)
        found = attachments[position]
        return _download(found.content, found.content_type, found.name)

    @app.get("/messages.json")
    def messages_json() -> Response:
        return jsonify([as_json(mail) for mail in _asked_for(store)])

    @app.get("/messages/<mail_id>.json")
    def message_json(mail_id: str) -> Response:
        return jsonify(as_json(_one(store, mail_id)))


def _one(store: MailStore, mail_id: str) -> Mail:
    return store.one(mail_id) or abort(404)


def as_json(mail: Mail) -> dict[str, Any]:
    """A mail for programs: addresses of the envelope, both texts, links, names of attachments."""
    return {
        "id": mail.id,
        "received_at": iso(mail.received_at),
        "envelope": {"from": mail.sender, "to": list(mail.recipients)},
        "from": mail.from_header,
        "to": mail.to_header,
        "subject": mail.subject,
        "headers": [list(header) for header in mail.headers],
        "text": mail.text,
        "html": mail.html,
        "links": list(mail.links),
        "attachments": [
            {"name": each.name, "content_type": each.content_type, "size": len(each.content)}
            for each in mail.attachments
        ],
    }


def with_links_to_the_top(html: str) -> str:
    """`html` with a base target, so that a link opens in the window and not inside the mail's frame."""
    base = '<base target="_top">'
    for place in (_HEAD, _DOCTYPE):
        found = place.search(html)
        if found:
            return html[: found.end()] + base + html[found.end() :]
    return base + html


def _asked_for(store: MailStore) -> list[Mail]:
    """The mails of `?to=&subject=`; `?wait=SECONDS&count=N` waits for N of them, at most half a minute."""
    to, subject = request.args.get("to", ""), request.args.get("subject", "")
    wait = min(request.args.get("wait", 0.0, type=float), _LONGEST_WAIT)
    store.wait_for(lambda mail: mail.matches(to, subject), request.args.get("count", 1, type=int), wait)
    return [mail for mail in store.all() if mail.matches(to, subject)]


def _matches(mail: Mail, sought: str) -> bool:
    where = " ".join((mail.subject, mail.from_header, mail.to_header, *mail.recipients))
    return sought.casefold() in where.casefold()


def _download(content: bytes, content_type: str, name: str) -> Response:
    answer = Response(content, mimetype=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
