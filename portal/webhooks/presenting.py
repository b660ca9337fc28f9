"""Endpoints and deliveries in the words that the creditor's people read."""

import json
from urllib.parse import urlsplit

from portal.core.text import Text, t
from portal.web import i18n
from portal.webhooks.models import Delivery, DeliveryTry, Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus

TINTS = {
    EndpointStatus.ACTIVE: "good",
    EndpointStatus.STOPPED: "problem",
    DeliveryStatus.MADE: "good",
    DeliveryStatus.WAITING: "wait",
    DeliveryStatus.GAVE_UP: "problem",
}
_FAILURES: dict[str, Text] = {
    "timeout": t("no answer in time"),
    "connection": t("no connection"),
    "blocked": t("an address that we do not send to"),
    "tls": t("no safe connection"),
}
# What is kept of a stop, so that it can be said in the reader's language.
WHYS = (
    t("stopped by hand"),
    t("it answered 410: nobody listens there any more"),
    t("one event could not be delivered in 10 attempts"),
    t("its secret cannot be opened with our keys"),
)


def host(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.url).netloc


def kinds(endpoint: Endpoint) -> str:
    return ", ".join(endpoint.kinds.split()) if endpoint.kinds else i18n.gettext("all")


def answer(one: DeliveryTry | None) -> str:
    """`204`, or why there was no answer; empty when nothing has been tried."""
    if one is None:
        return ""
    if one.http_status is not None:
        return str(one.http_status)
    return i18n.say(_FAILURES.get(one.error or "", Text(one.error or "")))


def last(one: DeliveryTry | None, zone: str) -> str:
    return f"{i18n.moment(one.at, zone)}: {answer(one)}" if one is not None else i18n.gettext("never")


def why(endpoint: Endpoint) -> str:
    return i18n.gettext(endpoint.stopped_why) if endpoint.stopped_why else ""


def next_attempt(delivery: Delivery, zone: str) -> str:
    if delivery.status is not DeliveryStatus.WAITING:
        return ""
    if delivery.next_at is None:
        return i18n.gettext("waits until its address listens again")
    return i18n.say(t("again on %(moment)s", moment=i18n.moment(delivery.next_at, zone)))


def pretty(body: str) -> str:
    """The body for reading; what is sent has no blanks."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def about(body: str) -> str:
    """The creditor's own name for what it is about: an invoice number, else a customer code."""
    data = json.loads(body)["data"]
    return str(data.get("invoice_number") or data.get("debtor_code") or "")
