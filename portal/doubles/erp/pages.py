"""The ERP's web side: where webhooks arrive, what a person sees of them, and the same as JSON."""

from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.core.clock import iso
from portal.doubles.erp.answers import Answer, Answers
from portal.doubles.erp.deliveries import Deliveries, Refusal, as_json
from portal.doubles.erp.signatures import NotBelieved, Secrets, verified_instant
from portal.doubles.looks import dress, refreshing

HOOK_PATH = "/webhooks"
LARGEST_BODY = 64 * 1024
# What a person may have the next delivery answered with, to watch the portal try again.
_OFFERED = {"500": "500, our mistake", "429": "429, too many, wait 5 s", "410": "410, gone for good"}


def make_app(deliveries: Deliveries, answers: Answers, secrets: Secrets) -> Flask:
    """The receiver over `deliveries`; `secrets` are asked at each delivery."""
    app = dress(Flask(__name__))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    _receiving(app, deliveries, answers, secrets)
    _showing(app, deliveries, answers)
    _prescribing(app, answers)
    return app


def _receiving(app: Flask, deliveries: Deliveries, answers: Answers, secrets: Secrets) -> None:
    @app.post(HOOK_PATH)
    def receive() -> Response:
        body = request.get_data()
        headers = {name.lower(): value for name, value in request.headers}
        event_id = headers.get("webhook-id", "")
        try:
            sent_at = verified_instant(secrets, headers, body)
        except NotBelieved as refusal:
            deliveries.refuse(event_id, str(refusal), body.decode("utf-8", "replace"))
            return Response(f"{refusal}\n", 400, mimetype="text/plain")
        prescribed = answers.take()
        if prescribed is None or prescribed.keep:
            deliveries.take(event_id, sent_at, body.decode())
        return Response(status=204) if prescribed is None else _as_prescribed(prescribed, answers)


def _showing(app: Flask, deliveries: Deliveries, answers: Answers) -> None:
    @app.get("/")
    def events() -> Response:
        paused = "still" in request.args
        page = render_template(
            "events.html",
            events=list(reversed(deliveries.events())),
            refusals=list(reversed(deliveries.refusals())),
            prescribed=answers.prescribed,
            paused=paused,
        )
        return refreshing(page, 5, paused)

    @app.get("/events/<event_id>")
    def event(event_id: str) -> str:
        found = next((each for each in deliveries.events() if each.id == event_id), None)
        if found is None:
            abort(404)
        return render_template("event.html", event=found)

    @app.get("/events.json")
    def events_json() -> Response:
        return jsonify(
            {
                "events": [as_json(each) for each in deliveries.events()],
                "refused": [_refusal_json(each) for each in deliveries.refusals()],
            }
        )


def _prescribing(app: Flask, answers: Answers) -> None:
    # A page of its own, which does not refresh while somebody chooses.
    @app.get("/next-answer")
    def choose_next_answer() -> str:
        hook_url = request.url_root.rstrip("/") + HOOK_PATH
        return render_template("next_answer.html", offered=_OFFERED, prescribed=answers.prescribed, hook_url=hook_url)

    @app.post("/next-answer")
    def next_answer() -> AnyResponse:
        # A page of somebody else's must not reach in here through the browser.
        if request.headers.get("Origin") != request.url_root.rstrip("/"):
            abort(403)
        status = request.form.get("status", "")
        if status == "well":
            answers.clear()
        elif status in _OFFERED:
            answers.next_with(int(status), retry_after=5 if status == "429" else None)
        else:
            abort(422)
        return redirect("/", 303)


def _as_prescribed(answer: Answer, answers: Answers) -> Response:
    if answer.status is None:
        answers.be_silent()
        return Response("too late\n", 503, mimetype="text/plain")
    response = Response(f"answered with {answer.status} as prescribed\n", answer.status, mimetype="text/plain")
    if answer.retry_after is not None:
        response.headers["Retry-After"] = answer.retry_after
    if answer.location is not None:
        response.headers["Location"] = answer.location
    return response


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "id": refusal.id,
        "received_at": iso(refusal.received_at),
        "reason": refusal.reason,
        "body": refusal.body,
    }
