"""The answers that are no: error bodies in the shape Stripe gives them."""

from typing import Any

INVALID = "invalid_request_error"


class Refusal(Exception):
    """An error answer. `kept` says whether an idempotency key remembers it: not when checking stopped it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        kept: bool = True,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.kept = kept
        self.more = more or {}

    def body(self, log_url: str) -> dict[str, Any]:
        """`{"error": {...}}`; fields that do not apply are absent, as at Stripe."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "request_log_url": log_url}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": {**error, **self.more}}


def missing(kind: str, object_id: str, *, param: str = "id", status: int = 404, hint: str = "") -> Refusal:
    """No such object for this key and this account; another account's looks just the same."""
    return Refusal(f"No such {kind}: '{object_id}'{hint}", status=status, code="resource_missing", param=param)


def not_modelled(what: str, param: str | None = None) -> Refusal:
    """Stripe could do this, the double cannot: said aloud rather than silently ignored."""
    return Refusal(
        f"The Stripe double does not model {what}.", code="not_modelled_by_double", param=param, kept=False
    )


class ConnectionBroken(ConnectionResetError):
    """No answer at all: the server drops the connection (see `faults`)."""
