"""A small dashboard for people: what was paid, which events went where, and buttons for what banks do.

In English, for developers and for whoever shows the demo.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, Response, make_response, redirect, render_template, request

from portal.core import clock
from portal.core.money import Money
from portal.doubles.stripe.api import Api
from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.bank import Bank
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc
from portal.doubles.stripe.webhooks import Webhooks

_ROWS = 50
_KINDS = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "balance_transaction")


class Dashboard:
    """Routes `/`, `/dashboard`."""

    def __init__(self, backend: Backend, webhooks: Webhooks, bank: Bank, api: Api) -> None:
        self._backend = backend
        self._api = api
        self._webhooks = webhooks
        # Which buttons an object has, by what it is and the state it is in.
        self._acts: dict[tuple[str, str], dict[str, Callable[[str], object]]] = {
            ("payment_intent", "processing"): {
                "Bank pays": bank.settle,
                "Bank refuses": lambda i: bank.settle(i, failure="insufficient_funds"),
            },
            ("charge", "succeeded"): {"Cardholder disputes": bank.dispute, "Comes back unpaid": bank.bounce},
            ("dispute", "needs_response"): {
                "We win": lambda i: bank.close_dispute(i, won=True),
                "We lose": lambda i: bank.close_dispute(i, won=False),
            },
            ("refund", "pending"): {
                "Arrives": lambda i: bank.conclude_refund(i, "succeeded"),
                "Fails": lambda i: bank.conclude_refund(i, "failed"),
            },
            ("refund", "succeeded"): {"Fails after all": lambda i: bank.conclude_refund(i, "failed")},
        }

    def register(self, app: Flask) -> None:
        app.add_url_rule("/", "home", lambda: redirect("/dashboard"), methods=["GET"])
        app.add_url_rule("/dashboard", "dashboard", self.show, methods=["GET"])
        app.add_url_rule("/dashboard", "act", self.act, methods=["POST"])

    def show(self) -> Response:
        with self._backend.store.lock:
            self._api.tick()
            groups = [(kind, [self._row(doc) for doc in self._backend.store.all(kind)[:_ROWS]]) for kind in _KINDS]
            fetch = self._backend.store.find
            deliveries = [
                (d, fetch(d.event), fetch(d.endpoint)) for d in reversed(self._webhooks.deliveries[-_ROWS:])
            ]
            nonce = secrets.token_urlsafe(12)
            page = render_template(
                "dashboard.html",
                groups=groups,
                deliveries=deliveries,
                requests=self._api.seen[: -_ROWS - 1 : -1],
                nonce=nonce,
                language="en",
            )
        response = make_response(page)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        return response

    def _row(self, doc: Doc) -> dict[str, object]:
        shown = self._backend.present(doc)
        amount = shown["amount_total"] if "amount_total" in shown else shown["amount"]
        currency = shown["currency"].upper()
        return {
            "id": shown["id"],
            "account": self._backend.store.world_of(doc["id"]).account,
            "status": shown["status"],
            "amount": f"{Money(amount, currency).plain} {currency}",
            "created": clock.iso(datetime.fromtimestamp(shown["created"], UTC)),
            "acts": list(self._acts.get((shown["object"], shown["status"]), {})),
        }

    def act(self) -> Response:
        doc = self._backend.store.find(request.form.get("id", ""))
        acts = self._acts.get((doc["object"], doc["status"]), {}) if doc else {}
        run = acts.get(request.form.get("act", ""))
        if doc is None or run is None:
            return make_response("There is nothing like that to do now.", 409)
        try:
            run(doc["id"])
        except (ValueError, Refusal) as no:
            return make_response(str(no), 409)
        return make_response(redirect("/dashboard", 303))
