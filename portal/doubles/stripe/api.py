"""A request's way through the API: fault, key, version, idempotency, parameters, effect, answer.

The order matters and is Stripe's: an idempotency key does not remember what parameter checking stopped, and
remembers what began to execute, a 500 included.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from portal.doubles.stripe.accounts import Accounts, Caller
from portal.doubles.stripe.backend import Backend, Cause
from portal.doubles.stripe.calls import Call, Operation
from portal.doubles.stripe.checks import check
from portal.doubles.stripe.faults import Fault, Faults
from portal.doubles.stripe.form_encoding import decode
from portal.doubles.stripe.idempotency import Keys
from portal.doubles.stripe.objects.events import API_VERSION
from portal.doubles.stripe.operations import OPERATIONS
from portal.doubles.stripe.refusals import ConnectionBroken, Refusal

_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class SeenRequest:
    """One API request as it came in, for tests. `params` is decoded form text; `status` 0 means dropped."""

    method: str
    path: str
    raw: str
    request_id: str
    params: dict[str, Any] = field(default_factory=dict)
    account: str | None = None
    livemode: bool | None = None
    idempotency_key: str | None = None
    replayed: bool = False
    status: int = 0

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class Answer(NamedTuple):
    status: int
    body: str


@dataclass(slots=True)
class _Exchange:
    """A request on its way: what it asks for, what shall go wrong, what its answer carries besides."""

    operation: Operation
    object_id: str
    seen: SeenRequest
    fault: Fault | None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Api:
    backend: Backend
    accounts: Accounts
    keys: Keys
    faults: Faults
    tick: Callable[[], None]
    seen: list[SeenRequest] = field(default_factory=list)

    def register(self, app: Flask) -> None:
        """Puts every operation on `app`, and Stripe's own 404 under `/v1/` for the rest."""
        for operation in OPERATIONS:
            name = f"{operation.method} {operation.path}"
            app.add_url_rule(operation.path, name, self._view(operation), methods=[operation.method])
        app.register_error_handler(HTTPException, self._other_errors)

    def _view(self, operation: Operation) -> Callable[..., Response]:
        def view(**named: str) -> Response:
            return self.answer(operation, named.get("id", ""))

        return view

    def _see(self) -> SeenRequest:
        raw = request.get_data(as_text=True) if request.method == "POST" else request.query_string.decode()
        seen = SeenRequest(request.method, request.path, raw, self.backend.store.new_id("req_", 14))
        self.seen.append(seen)
        return seen

    def answer(self, operation: Operation, object_id: str) -> Response:
        """Answers one request; raises ConnectionBroken when a fault says so."""
        seen = self._see()
        fault = self.faults.take(seen.line)
        exchange = _Exchange(operation, object_id, seen, fault)
        breaks = fault is not None and fault.kind != "error"
        if fault is not None and breaks and not fault.effect:
            self._break(fault)
        try:
            caller = self.accounts.caller(request.headers)
            seen.account, seen.livemode = caller.world
            _check_headers(seen)
            answer = self._once(exchange, caller)
        except Refusal as refusal:
            answer = self._refused(refusal, seen)
        if fault is not None and breaks:
            self._break(fault)
        return _response(answer, seen, exchange.headers)

    def _break(self, fault: Fault) -> None:
        if fault.kind == "hang" and "werkzeug.socket" in request.environ:  # nobody waits in process
            self.faults.hang_on()
        raise ConnectionBroken(fault.kind)

    def _once(self, exchange: _Exchange, caller: Caller) -> Answer:
        """Runs the operation, or gives the earlier answer again when its idempotency key has one."""
        seen, key = exchange.seen, exchange.seen.idempotency_key
        if key is None:
            return self._run(exchange, caller)[0]
        exchange.headers["Idempotency-Key"] = key
        fingerprint = "&".join(sorted(seen.raw.split("&")))
        with self.backend.store.lock:
            stored = self.keys.begin(caller.world, key, seen.path, fingerprint, seen.request_id)
        if stored is not None and stored.status is not None:
            seen.replayed = True
            exchange.headers |= {"Idempotent-Replayed": "true", "Original-Request": stored.request_id}
            return Answer(stored.status, stored.body)
        kept: Answer | None = None
        try:
            answer, kept = self._run(exchange, caller)
        finally:
            with self.backend.store.lock:
                if kept is None:
                    self.keys.forget(caller.world, key)
                else:
                    self.keys.finish(caller.world, key, kept.status, kept.body)
        return answer

    def _run(self, exchange: _Exchange, caller: Caller) -> tuple[Answer, Answer | None]:
        """What to answer, and what an idempotency key remembers (None: nothing began to execute)."""
        seen, fault = exchange.seen, exchange.fault
        self.faults.pass_by(seen.line)
        failure = None
        if fault is not None and fault.kind == "error":
            failure = self._refused(_failure(fault.status), seen)
            if not fault.effect:
                return failure, failure if fault.status == 500 else None
        try:
            seen.params = decode(seen.raw)
            params = check(exchange.operation.params, exchange.operation.modelled, seen.params)
            call = Call(self.backend, self.accounts, caller, params, seen.path, exchange.object_id)
            with self.backend.store.lock:
                self.tick()
                with self.backend.caused_by(Cause(seen.request_id, seen.idempotency_key)):
                    answer = Answer(200, json.dumps(exchange.operation.run(call), indent=2))
        except Refusal as refusal:
            answer = self._refused(refusal, seen)
            return answer, answer if refusal.kept else None
        if failure is None:
            return answer, answer
        # A 500 is what Stripe remembers of a request that broke; a 503 came from in front of it.
        return failure, failure if failure.status == 500 else answer

    def _refused(self, refusal: Refusal, seen: SeenRequest) -> Answer:
        url = f"{self.backend.base_url}/dashboard#{seen.request_id}"
        return Answer(refusal.status, json.dumps(refusal.body(url), indent=2))

    def _other_errors(self, error: HTTPException) -> Response | HTTPException:
        """Stripe's own shape for an unknown route under `/v1/`; pages keep theirs."""
        if not request.path.startswith("/v1/"):
            return error
        seen = self._see() if error.code != 413 else SeenRequest(request.method, request.path, "", "req_large")
        refusal = Refusal(
            f"Unrecognized request URL ({request.method}: {request.path}). The Stripe double has only what "
            "its `operations` list.",
            status=error.code if error.code in {404, 405, 413} else 400,
        )
        return _response(self._refused(refusal, seen), seen, {})


def _check_headers(seen: SeenRequest) -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise Refusal(
            f"The Stripe double speaks the installed SDK's API version {API_VERSION}, not {version}.",
            kept=False,
        )
    if request.method != "POST":
        return
    if seen.raw and request.mimetype != _FORM:
        raise Refusal(f"Invalid request (check that your POST content type is {_FORM}).", kept=False)
    seen.idempotency_key = request.headers.get("Idempotency-Key")


def _failure(status: int) -> Refusal:
    if status == 429:
        return Refusal("Request rate limit exceeded.", status=429, code="rate_limit")
    return Refusal("The Stripe double was told to fail this request.", status=status, kind="api_error")


def _response(answer: Answer, seen: SeenRequest, headers: dict[str, str]) -> Response:
    seen.status = answer.status
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Request-Id"] = seen.request_id
    response.headers["Stripe-Version"] = API_VERSION
    if seen.account is not None:
        response.headers["Stripe-Account"] = seen.account
    response.headers.update(headers)
    return response
