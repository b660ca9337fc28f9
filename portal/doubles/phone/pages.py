"""The gateway's one address for senders, the phone's page for people, and the same as JSON for programs."""

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, jsonify, render_template, request

from portal.core.clock import iso
from portal.doubles.looks import dress, refreshing
from portal.doubles.phone.texts import Text

if TYPE_CHECKING:
    from portal.doubles.phone.phone import Phone

LARGEST_BODY = 16 * 1024
_LONGEST_WAIT = 30.0
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def make_app(phone: "Phone") -> Flask:
    """The pages over `phone`."""
    app = dress(Flask(__name__))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    _sending(app, phone)
    _reading(app, phone)
    return app


def _sending(app: Flask, phone: "Phone") -> None:
    @app.post("/send")
    def send() -> tuple[Response, int]:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {phone.token}".encode()):
            return jsonify(error="who are you?"), 401
        sent: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        if not isinstance(sent, dict) or not all(isinstance(sent.get(name), str) for name in ("to", "text")):
            return jsonify(error="to and text are needed"), 400
        if not _NUMBER.fullmatch(sent["to"]) or not sent["text"]:
            return jsonify(error="no number, or nothing to say"), 422
        fault, phone.faults.next_status = phone.faults.next_status, None
        message_id = request.headers.get("Idempotency-Key", "")
        if fault is None or phone.faults.keep:
            text = phone.take(sent["to"], str(sent.get("from", "")), sent["text"], message_id)
        if fault is not None:
            return jsonify(error="as prescribed"), fault
        return jsonify(id=text.id, state="accepted"), 202


def _reading(app: Flask, phone: "Phone") -> None:
    @app.get("/")
    def show() -> Response:
        paused = "still" in request.args
        page = render_template("phone.html", texts=list(reversed(phone.texts)), paused=paused)
        return refreshing(page, 5, paused)

    @app.get("/messages.json")
    def messages_json() -> Response:
        """The texts `?to=`; `?wait=SECONDS&count=N` waits for N of them, at most half a minute."""
        to = request.args.get("to", "")
        wait = min(request.args.get("wait", 0.0, type=float), _LONGEST_WAIT)
        try:
            found = phone.wait_for(to, count=request.args.get("count", 1, type=int), timeout=wait)
        except TimeoutError:
            found = [text for text in phone.texts if not to or text.to == to]
        return jsonify([as_json(text) for text in found])

    @app.get("/messages/<text_id>.json")
    def message_json(text_id: str) -> Response:
        found = next((text for text in phone.texts if text.id == text_id), None)
        return jsonify(as_json(found or abort(404)))


def as_json(text: Text) -> dict[str, Any]:
    """A text for programs."""
    return {
        "id": text.id,
        "received_at": iso(text.received_at),
        "to": text.to,
        "from": text.sender,
        "text": text.body,
    }
