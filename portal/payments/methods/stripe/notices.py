"""Stripe's webhooks: verified on the raw bytes, both ways in time, for this account and mode alone (rule B-05)."""

import json
from typing import Any

import stripe

from portal.core import clock, ids
from portal.payments.methods import ABOUT_SAVING, Account, BadNotice, Notice, NotOurs
from portal.payments.methods.stripe.client import CONNECTED, SECRET_KEY, WEBHOOK_SECRET, is_live
from portal.payments.methods.stripe.saved import SAVED
from portal.payments.methods.stripe.sessions import ATTEMPT

TOLERANCE_SECONDS = 300
# What tells us to look again; every other type is kept as received and nothing more.
FOLLOWED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.failed",
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    }
)


def read(account: Account, body: bytes, signature: str) -> Notice:
    """The notice in these bytes. Raises BadNotice whatever is wrong with them, NotOurs for another account's."""
    try:
        return _read(account, body, signature)
    except (BadNotice, NotOurs):
        raise
    except Exception as error:  # whatever is wrong with the bytes: wrong UTF-8, no JSON, no such field
        raise BadNotice(type(error).__name__) from error


def _read(account: Account, body: bytes, header: str) -> Notice:
    payload = body.decode("utf-8")
    stripe.WebhookSignature.verify_header(payload, header, account.secrets[WEBHOOK_SECRET], TOLERANCE_SECONDS)
    signed_at = next(int(item[2:]) for item in header.split(",") if item.startswith("t="))
    if signed_at > clock.now().timestamp() + TOLERANCE_SECONDS:
        raise BadNotice("signed in the future")
    event = json.loads(payload)
    _check_owner(account, event)
    return _notice(event)


def of_list(account: Account, event: dict[str, Any]) -> Notice | None:
    """The same of an event that was read in Stripe's list; None for one that is not ours, or nothing to follow.

    The list is that of one account, asked for by its name: its events need not repeat that (rule B-02).
    """
    named = {"account": account.options.get(CONNECTED) or None} | event
    try:
        _check_owner(account, named)
        notice = _notice(event)
    except (BadNotice, NotOurs):
        return None
    return notice if notice.object_key else None


def _notice(event: dict[str, Any]) -> Notice:
    event_key, kind = event["id"], event["type"]
    if not isinstance(event_key, str) or not isinstance(kind, str) or not 0 < len(event_key) <= 100:
        raise BadNotice("no event")
    return Notice(event_key, kind[:80], _object_key(kind, event))


def _check_owner(account: Account, event: dict[str, Any]) -> None:
    """A platform's endpoint gets the events of all its accounts, in both modes: those are not ours (B-02)."""
    mine, theirs = account.options.get(CONNECTED) or None, event.get("account")
    live = is_live(account.secrets[SECRET_KEY])
    if mine is not None and (theirs != mine or event["livemode"] is not live):
        raise NotOurs
    if mine is None and theirs is not None:
        raise BadNotice("of a connected account")
    if event["livemode"] is not live:
        raise BadNotice("of the other mode")


def _object_key(kind: str, event: dict[str, Any]) -> str | None:
    """What to fetch again; None for what we do not follow, and for sales of the creditor's that are not ours.

    A dispute, and a refund made in Stripe's own pages, do not say whose they are: their payment does.
    """
    if kind not in FOLLOWED:
        return None
    about = event["data"]["object"]
    if about.get("object") in {"dispute", "refund"}:
        payment = about.get("payment_intent")
        return payment[:100] if isinstance(payment, str) and payment.startswith("pi_") else None
    metadata = about.get("metadata") or {}
    if about.get("object") == "checkout.session" and about.get("mode") == "setup":
        return f"{ABOUT_SAVING}{about['id']}"[:100] if _is_number(metadata.get(SAVED)) else None
    if not _is_number(metadata.get(ATTEMPT)):
        return None
    if kind == "payment_intent.succeeded" and SAVED not in metadata:
        return None  # its session says so
    found = about.get("payment_intent") if about.get("object") == "charge" else about["id"]
    return str(found)[:100] if found else None


def _is_number(spelled: object) -> bool:
    try:
        ids.read(str(spelled))
    except ValueError:
        return False
    return True
