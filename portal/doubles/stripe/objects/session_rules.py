"""What Stripe's execution refuses in a new Checkout Session although every parameter has the right type."""

import re
from typing import Any
from urllib.parse import urlsplit

from portal.doubles.stripe.refusals import Refusal, not_modelled

SHORTEST = 30 * 60
LONGEST = 24 * 3600
_LARGEST = 99_999_999
_SMALLEST = 50
_MODELLED_METHODS = ("card", "sepa_debit")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)


def check_metadata(metadata: dict[str, str], param: str = "metadata") -> None:
    """At most 50 keys of 40 characters without brackets, values of 500."""
    if len(metadata) > 50:
        raise Refusal("You cannot have more than 50 keys in metadata.", param=param)
    for key, value in metadata.items():
        if len(key) > 40:
            raise Refusal(
                f"Metadata keys can be at most 40 characters long; the key '{key}' is {len(key)} characters long.",
                param=param,
            )
        if len(value) > 500:
            raise Refusal(
                f"Metadata values must be at most 500 characters long; the value for key '{key}' has {len(value)}.",
                param=f"{param}[{key}]",
            )


def merged_metadata(old: dict[str, str], sent: Any, param: str = "metadata") -> dict[str, str]:
    """Metadata after an update: an empty value removes its key, an empty whole removes all."""
    if sent == "":
        return {}
    merged = {key: value for key, value in {**old, **sent}.items() if value != ""}
    check_metadata(merged, param)
    return merged


def check_new(params: dict[str, Any], now: int, *, on_behalf: bool) -> None:
    """Raises the refusal for the first thing wrong. `on_behalf`: a platform asks for a connected account."""
    if params.get("mode") is None:
        raise _absent("mode")
    if params["mode"] not in {"payment", "setup"}:
        raise not_modelled(f"Checkout Sessions with mode `{params['mode']}`", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_modelled(f"Checkout Sessions with ui_mode `{params['ui_mode']}`", "ui_mode")
    if "success_url" not in params:
        raise _absent("success_url")
    for name in ("success_url", "cancel_url"):
        check_url(params.get(name), name)
    check_expiry(params.get("expires_at"), now)
    if len(params.get("client_reference_id", "")) > 200:
        raise Refusal("Invalid string: must be at most 200 characters", param="client_reference_id", kept=False)
    check_email(params.get("customer_email"), "customer_email")
    check_metadata(params.get("metadata", {}))
    if params["mode"] == "setup":
        _check_setup(params)
        return
    if "setup_intent_data" in params:
        raise Refusal("You can only pass `setup_intent_data` in `setup` mode.", param="setup_intent_data")
    _check_lines(params.get("line_items"))
    _check_intent_data(params.get("payment_intent_data", {}), on_behalf=on_behalf)


def _check_setup(params: dict[str, Any]) -> None:
    for name in ("line_items", "payment_intent_data", "submit_type"):
        if name in params:
            raise Refusal(f"You can not pass `{name}` in `setup` mode.", param=name)
    if "currency" not in params:
        raise _absent("currency")
    check_metadata(params.get("setup_intent_data", {}).get("metadata", {}), "setup_intent_data[metadata]")


def _absent(param: str) -> Refusal:
    return Refusal(f"Missing required param: {param}.", code="parameter_missing", param=param, kept=False)


def check_url(url: str | None, param: str) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(c.isspace() for c in url):
        raise Refusal("Not a valid URL", code="url_invalid", param=param)


def check_email(email: str | None, param: str) -> None:
    if email is not None and (len(email) > 512 or not _EMAIL.fullmatch(email)):
        raise Refusal(f"Invalid email address: {email}", code="email_invalid", param=param)


def check_expiry(expires_at: int | None, now: int) -> None:
    if expires_at is None:
        return
    if expires_at < now + SHORTEST:
        raise Refusal(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if expires_at > now + LONGEST:
        raise Refusal(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )


def _check_lines(lines: list[dict[str, Any]] | None) -> None:
    if not lines:
        raise _absent("line_items")
    if len(lines) > 100:
        raise Refusal("You can pass at most 100 line items.", param="line_items")
    for n, line in enumerate(lines):
        where = f"line_items[{n}]"
        price = line.get("price_data")
        if price is None:
            raise _absent(f"{where}[price_data]")
        if line.get("quantity") is None:
            raise Refusal("Quantity is required. Add `quantity` to `line_items`.", param=f"{where}[quantity]")
        if not 1 <= line["quantity"] <= 999_999:
            raise Refusal("This value must be greater than or equal to 1.", param=f"{where}[quantity]")
        if price.get("product_data") is None:
            raise _absent(f"{where}[price_data][product_data]")
        if price.get("unit_amount") is None:
            raise _absent(f"{where}[price_data][unit_amount]")
        if price["unit_amount"] < 0:
            raise Refusal(
                "Invalid non-negative integer",
                code="parameter_invalid_integer",
                param=f"{where}[price_data][unit_amount]",
            )
        if not _CURRENCY.fullmatch(price["currency"].lower()):
            raise Refusal(f"Invalid currency: {price['currency']}", param=f"{where}[price_data][currency]")
    if len({line["price_data"]["currency"].lower() for line in lines}) > 1:
        raise Refusal("All line items must have the same currency.", param="line_items")
    _check_total(sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines))


def _check_total(total: int) -> None:
    if total < _SMALLEST:
        raise Refusal(
            f"The Checkout Session's total amount must convert to at least {_SMALLEST} cents.",
            code="amount_too_small",
        )
    if total > _LARGEST:
        raise Refusal(
            "The Checkout Session's total amount due must be no more than €999,999.99.",
            code="amount_too_large",
        )


def _check_intent_data(data: dict[str, Any], *, on_behalf: bool) -> None:
    check_metadata(data.get("metadata", {}), "payment_intent_data[metadata]")
    check_email(data.get("receipt_email"), "payment_intent_data[receipt_email]")
    if data.get("capture_method") == "manual":
        raise not_modelled("capture_method `manual`", "payment_intent_data[capture_method]")
    suffix = data.get("statement_descriptor_suffix")
    if suffix is not None and (len(suffix) > 22 or set(suffix) & set("<>\\'\"*")):
        raise Refusal(
            "The statement descriptor suffix must be at most 22 characters and not contain < > \\ ' \" *.",
            param="payment_intent_data[statement_descriptor_suffix]",
        )
    if data.get("application_fee_amount") is not None and not on_behalf:
        raise Refusal(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
            "(using an OAuth key or Stripe-Account header) or destination payment (using "
            "`transfer_data[destination]`).",
            param="payment_intent_data[application_fee_amount]",
        )


def check_against_total(data: dict[str, Any], types: list[str], total: int) -> None:
    """What `payment_intent_data` may not say of this amount and these ways to pay."""
    if data.get("statement_descriptor") is not None and types == ["card"]:
        raise Refusal(
            "The `statement_descriptor` parameter is not supported for card payments. Use "
            "`statement_descriptor_suffix` instead.",
            param="payment_intent_data[statement_descriptor]",
        )
    if data.get("application_fee_amount", 0) > total:
        raise Refusal(
            "The application fee cannot exceed the amount of the charge.",
            param="payment_intent_data[application_fee_amount]",
        )


def method_types(params: dict[str, Any], offered: tuple[str, ...], currency: str) -> list[str]:
    """The ways to pay on the page: those the double offers, narrowed by request and currency."""
    allowed = params.get("allowed_payment_method_types")
    for name in allowed or []:
        if name not in _MODELLED_METHODS:
            raise not_modelled(f"the payment method `{name}`", "allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types", [])
    types = [name for name in (allowed or offered) if name not in excluded]
    types = [name for name in types if name == "card" or currency == "eur"]
    if not types:
        raise Refusal("No valid payment method types for this Checkout Session.")
    return types
