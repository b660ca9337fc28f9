"""The hosted payment page: what a payer sees and does at Stripe, in plain HTML that needs no script.

GET only looks; every change is a POST. Nothing typed is kept but the payer's name and email.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_currency
from flask import Flask, Response, make_response, redirect, render_template, request

from portal.core.money import Money
from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import payments, setups
from portal.doubles.stripe.objects.cards import CardEntry, DebitEntry, card_mistakes, debit_mistakes
from portal.doubles.stripe.objects.payments import Declined, SessionClosed
from portal.doubles.stripe.store import Doc
from portal.doubles.stripe.words import LANGUAGES, language_of

_EXPIRY = re.compile(r"\s*([0-9]{1,2})\s*/\s*(?:20)?([0-9]{2})\s*", re.ASCII)
_TRIALS = {
    "card": (
        ("4242 4242 4242 4242", "try_ok"),
        ("4000 0027 6000 3184", "try_3ds"),
        ("4000 0000 0000 0002", "try_decline"),
        ("4000 0000 0000 9995", "try_funds"),
        ("4000 0000 0000 0259", "try_dispute"),
        ("4000 0000 0000 5126", "try_refund"),
        ("4000 0000 0000 0341", "try_saved"),
    ),
    "sepa_debit": (
        ("AT61 1904 3002 3457 3201", "try_iban_ok"),
        ("AT86 1904 3002 3547 3202", "try_iban_fail"),
        ("AT59 1904 3002 3547 3203", "try_iban_dispute"),
        ("AT75 1904 3002 3547 3206", "try_iban_bounce"),
    ),
}


class HostedPages:
    """Routes `/c/pay/<session>` on the double's own address."""

    def __init__(self, backend: Backend, tick: Callable[[], None]) -> None:
        self._backend = backend
        self._tick = tick

    def register(self, app: Flask) -> None:
        app.add_url_rule("/c/pay/<session_id>", "pay", self.show, methods=["GET"])
        app.add_url_rule("/c/pay/<session_id>", "submit", self.submit, methods=["POST"])
        app.add_url_rule("/c/pay/<session_id>/authenticate", "consent", self.show_consent, methods=["GET"])
        app.add_url_rule("/c/pay/<session_id>/authenticate", "answer", self.answer_consent, methods=["POST"])

    def show(self, session_id: str) -> Response:
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.find(session_id)
            return self._page("pay.html", session, self._last_problem(session))

    def _last_problem(self, session: Doc | None) -> list[str]:
        """After a refused 3-D Secure the payer lands here again and must be told why."""
        made = (session["payment_intent"] or session["setup_intent"]) if session is not None else None
        if made is None or "problem" not in request.args:
            return []
        intent = self._backend.store.fetch(made)
        error = intent["last_payment_error"] if "last_payment_error" in intent else intent["last_setup_error"]
        return [error.get("decline_code", error["code"])] if error else []

    def submit(self, session_id: str) -> Response:
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.find(session_id)
            if session is None:
                return self._page("pay.html", None, [])
            if request.form.get("method") == "sepa_debit" and "sepa_debit" in session["payment_method_types"]:
                return self._by_debit(session)
            return self._by_card(session)

    def _by_card(self, session: Doc) -> Response:
        entry, mistakes = _card_entry(session)
        mistakes += card_mistakes(entry, self._backend.clock.now().date())
        if mistakes:
            return self._page("pay.html", session, mistakes, status=422)
        act = setups.save_card if session["mode"] == setups.SETUP else payments.pay_by_card
        return self._attempt(session, lambda: act(self._backend, session, entry))

    def _by_debit(self, session: Doc) -> Response:
        name, email, mistakes = _payer(session)
        iban = re.sub(r"\s", "", request.form.get("iban", "")).upper()
        entry = DebitEntry(iban=iban, name=name, email=email)
        mistakes += debit_mistakes(entry)
        if mistakes:
            return self._page("pay.html", session, mistakes, status=422)
        act = setups.save_debit if session["mode"] == setups.SETUP else payments.pay_by_debit
        return self._attempt(session, lambda: act(self._backend, session, entry))

    def _attempt(self, session: Doc, pay: Callable[[], str]) -> Response:
        try:
            outcome = pay()
        except Declined as declined:
            return self._page("pay.html", session, [declined.code], status=402)
        except SessionClosed:
            return self._closed(session)
        if outcome == "authenticate":
            return _see_other(f"/c/pay/{session['id']}/authenticate")
        return _see_other(return_address(session["success_url"], session["id"]))

    def _closed(self, session: Doc) -> Response:
        """A second click on a paid page goes where the first one went."""
        if session["status"] == "complete":
            return _see_other(return_address(session["success_url"], session["id"]))
        return self._page("pay.html", session, [])

    def show_consent(self, session_id: str) -> Response:
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.find(session_id)
            if session is None or not self._awaits_consent(session):
                return self._page("pay.html", session, [])
            return self._page("authenticate.html", session, [])

    def _awaits_consent(self, session: Doc) -> bool:
        intent = self._backend.store.find(session["payment_intent"] or session["setup_intent"] or "")
        return session["status"] == "open" and intent is not None and intent["status"] == "requires_action"

    def answer_consent(self, session_id: str) -> Response:
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.find(session_id)
            if session is None:
                return self._page("pay.html", None, [])
            try:
                approve = request.form.get("decision") == "approve"
                answer = setups.authenticate if session["mode"] == setups.SETUP else payments.authenticate
                answer(self._backend, session, approve=approve)
            except Declined:
                return _see_other(f"/c/pay/{session_id}?problem=1")
            except SessionClosed:
                return self._closed(session)
            return _see_other(return_address(session["success_url"], session_id))

    def _page(self, template: str, session: Doc | None, mistakes: list[str], status: int = 200) -> Response:
        if session is not None and session["object"] != "checkout.session":
            session = None
        language = language_of(
            session["locale"] if session else None, request.accept_languages.best_match(list(LANGUAGES))
        )
        nonce = secrets.token_urlsafe(12)
        facts: dict[str, Any] = {
            "session": session,
            "mistakes": mistakes,
            "typed": request.form,
            "nonce": nonce,
        }
        if session is None:
            template, status = "closed.html", 404
        else:
            facts |= self._facts(session, language)
            if session["status"] != "open":
                template, status = "closed.html", 200 if session["status"] == "complete" else 410
        words = LANGUAGES[language]
        response = make_response(
            render_template(template, language=language, say=lambda key, **a: words[key] % a, **facts), status
        )
        response.headers["Content-Security-Policy"] = _policy(session, nonce)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _facts(self, session: Doc, language: str) -> dict[str, Any]:
        world = self._backend.store.world_of(session["id"])
        account = self._backend.store.fetch(world.account)
        items = self._backend.store.notes(session["id"])["line_items"]
        back = session["cancel_url"]
        return {
            "merchant": account["business_profile"]["name"] or world.account,
            "saves": session["mode"] == setups.SETUP,
            "amount": _money(session["amount_total"] or 0, session["currency"], language),
            "items": [(i, _money(i["amount_total"], i["currency"], language)) for i in items],
            "leave_to": return_address(back, session["id"]) if back else None,
            "return_to": return_address(session["success_url"], session["id"]),
            "trials": _TRIALS,
        }


def _payer(session: Doc) -> tuple[str, str, list[str]]:
    name = request.form.get("name", "").strip()[:200]
    email = session["customer_email"] or request.form.get("email", "").strip()[:500]
    mistakes = [] if name else ["invalid_name"]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        mistakes.append("invalid_email")
    return name, email, mistakes


def _card_entry(session: Doc) -> tuple[CardEntry, list[str]]:
    name, email, mistakes = _payer(session)
    expiry = _EXPIRY.fullmatch(request.form.get("expiry", ""))
    entry = CardEntry(
        number=re.sub(r"[\s-]", "", request.form.get("number", "")),
        exp_month=int(expiry[1]) if expiry else 0,
        exp_year=2000 + int(expiry[2]) if expiry else 0,
        cvc=request.form.get("cvc", "").strip(),
        name=name,
        email=email,
    )
    return entry, mistakes


def return_address(template: str, session_id: str) -> str:
    """`success_url` or `cancel_url` with Stripe's placeholder filled in."""
    return template.replace("{CHECKOUT_SESSION_ID}", session_id)


def _see_other(address: str) -> Response:
    return make_response(redirect(address, 303))


def _money(amount: int, currency: str, language: str) -> str:
    money = Money(amount, currency.upper())
    return format_currency(money.decimal, money.currency, locale=language)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _policy(session: Doc | None, nonce: str) -> str:
    """A browser follows the redirect after a form only to origins named here (decision 9)."""
    targets = (
        {_origin(session[name]) for name in ("success_url", "cancel_url") if session[name]} if session else set()
    )
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {' '.join(sorted(targets))}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
