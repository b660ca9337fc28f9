"""Where events go: endpoints added, stopped and resumed by hand; deliveries with each attempt, and sending again."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for

from portal.core import ids, installation, signing
from portal.core.errors import Invalid
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved
from portal.webhooks import actions, payloads, presenting, queries
from portal.webhooks.models import Delivery, Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus

blueprint = creditor_blueprint("webhooks_creditor", __name__, url_prefix="/c/webhooks")

_SHOWN_ONCE = "webhook_secret"  # a new endpoint's secret, sealed, until the next page has shown it
_RESULTS = "sync_creditor.take_results"
_KEYS = "api_creditor.show_keys"
_CONNECTORS = "connectors_creditor.show_list"


@blueprint.get("")
@allow(Permission.WEBHOOKS)
def show_endpoints() -> Any:
    return _endpoints_page(Form())


def _endpoints_page(form: Form) -> Any:
    sealed = session.pop(_SHOWN_ONCE, None)
    may_take = _RESULTS in current_app.view_functions and person().may(Permission.EXPORT)
    page = render_template(
        "webhooks/staff_endpoints.html",
        title=i18n.gettext("Your systems"),
        endpoints=[_endpoint_row(one) for one in queries.endpoints()],
        secret=signing.unseal(installation.keys(), sealed) if sealed else "",
        add_url=url_for(".add"),
        url=form.typed.get("url", ""),
        notify_email=form.typed.get("notify_email", ""),
        errors=form.errors,
        error_of=dict(form.errors),
        deliveries_url=url_for(".show_deliveries"),
        connectors_url=url_for(_CONNECTORS) if _CONNECTORS in current_app.view_functions else None,
        results_url=url_for(_RESULTS) if may_take else None,
        keys_url=url_for(_KEYS) if _KEYS in current_app.view_functions and person().may(Permission.KEYS) else None,
    )
    return page, 422 if form.wrong else 200


def _endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    active = endpoint.status is EndpointStatus.ACTIVE
    last = presenting.last(queries.last_try_at(endpoint.id), person().creditor.time_zone)
    return {
        "url": endpoint.url,
        "href": url_for("endpoint_creditor.show", endpoint_id=endpoint.id),
        "events": presenting.kinds(endpoint),
        "state": endpoint.status.label,
        "kind": presenting.TINTS[endpoint.status],
        "last": " · ".join(filter(None, (last, presenting.why(endpoint)))),
        "pause_url": url_for(".stop" if active else ".resume", endpoint_id=endpoint.id),
        "pause_label": i18n.gettext("Stop") if active else i18n.gettext("Let it listen again"),
    }


@blueprint.post("")
@allow(Permission.WEBHOOKS)
@recently_proved
def add() -> Any:
    """Adds an endpoint; its secret is shown once, on the page that follows."""
    form = Form()
    url = form.text("url", longest=actions.LONGEST_URL, needed=t("Please write where your system listens."))
    notify_email = form.text("notify_email", longest=254)
    if form.wrong:
        return _endpoints_page(form)
    try:
        added = actions.add_endpoint(url, notify_email)
    except actions.WrongNotifyAddress as error:
        form.wrong["notify_email"] = error.text
    except Invalid as error:
        form.wrong["url"] = error.text
    if form.wrong:
        return _endpoints_page(form)
    session[_SHOWN_ONCE] = signing.seal(installation.keys(), added.secret)
    return redirect(url_for(".show_endpoints"), 303)


@blueprint.post("/<id:endpoint_id>/stop")
@allow(Permission.WEBHOOKS)
def stop(endpoint_id: int) -> Any:
    actions.stop_endpoint(_endpoint(endpoint_id), "stopped by hand")
    return _done(t("Done. Nothing goes there now; what happens meanwhile waits for 30 days."))


@blueprint.post("/<id:endpoint_id>/resume")
@allow(Permission.WEBHOOKS)
def resume(endpoint_id: int) -> Any:
    count = actions.resume_endpoint(_endpoint(endpoint_id))
    return _done(t("Done. It listens again, and %(count)s waiting events go out.", count=count))


def _endpoint(endpoint_id: int) -> Endpoint:
    found: Endpoint = only_own(queries.endpoint(endpoint_id, lock=True))
    return found


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show_endpoints"), 303)


@blueprint.get("/deliveries")
@allow(Permission.WEBHOOKS)
def show_deliveries() -> Any:
    typed = request.args.get("state", "")
    status = next((one for one in DeliveryStatus if one.value == typed), None)
    endpoints = {one.id: one for one in queries.endpoints()}
    chosen = next((one for one in endpoints.values() if ids.spell(one.id) == request.args.get("to")), None)
    cursor = request.args.get("after")
    page = queries.listing(status, chosen.id if chosen else None, cursor)
    given = {"state": status.value if status else "", "to": ids.spell(chosen.id) if chosen else ""}
    asked: dict[str, Any] = {name: value for name, value in given.items() if value}
    tried = queries.last_tries(page.rows)
    rows = [_delivery_row(one, endpoints[one.endpoint_id], presenting.answer(tried.get(one.id))) for one in page.rows]
    return render_template(
        "webhooks/staff_deliveries.html",
        title=i18n.gettext("Deliveries"),
        intro="",
        filter_url=url_for(".show_deliveries"),
        fields=_filters(given, list(endpoints.values())),
        keep=[],
        clear_url=url_for(".show_deliveries") if asked else None,
        filtered=bool(asked),
        rows=rows,
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show_deliveries", **asked) if cursor else None,
        older_url=url_for(".show_deliveries", after=page.next_cursor, **asked) if page.next_cursor else None,
        endpoints_url=url_for(".show_endpoints"),
    )


def _filters(given: dict[str, str], endpoints: list[Endpoint]) -> list[dict[str, Any]]:
    states = [("", i18n.gettext("All")), *((one.value, i18n.say(one.label)) for one in DeliveryStatus)]
    places = [("", i18n.gettext("All")), *((ids.spell(one.id), presenting.host(one)) for one in endpoints)]
    return [
        {"id": "state", "label": i18n.gettext("State"), "value": given["state"], "options": states},
        {"id": "to", "label": i18n.gettext("To"), "value": given["to"], "options": places},
    ]


def _delivery_row(delivery: Delivery, endpoint: Endpoint, answer: str) -> dict[str, Any]:
    zone = person().creditor.time_zone
    return {
        "event": delivery.name,
        "href": url_for(".show_delivery", delivery_id=delivery.id),
        "about": presenting.about(delivery.body),
        "to": presenting.host(endpoint),
        "when": i18n.moment(delivery.status_at, zone),
        "attempts": str(delivery.tries),
        "answer": answer,
        "next": presenting.next_attempt(delivery, zone),
        "state": delivery.status.label,
        "kind": presenting.TINTS[delivery.status],
        "replay_url": _replay_url(delivery, endpoint),
    }


def _replay_url(delivery: Delivery, endpoint: Endpoint) -> str | None:
    if delivery.status is DeliveryStatus.WAITING or endpoint.status is EndpointStatus.STOPPED:
        return None
    return url_for(".replay", delivery_id=delivery.id)


@blueprint.get("/deliveries/<id:delivery_id>")
@allow(Permission.WEBHOOKS)
def show_delivery(delivery_id: int) -> Any:
    """One delivery: the body as it is sent, and every attempt."""
    delivery: Delivery = only_own(queries.delivery(delivery_id))
    endpoint: Endpoint = only_own(queries.endpoint(delivery.endpoint_id))
    zone = person().creditor.time_zone
    return render_template(
        "webhooks/staff_delivery.html",
        title=delivery.name,
        state=delivery.status.label,
        kind=presenting.TINTS[delivery.status],
        next=presenting.next_attempt(delivery, zone),
        details=[
            (i18n.gettext("To"), endpoint.url),
            ("webhook-id", payloads.webhook_id(delivery.event_id)),
            (i18n.gettext("Number"), ids.spell(delivery.id)),
        ],
        body=presenting.pretty(delivery.body),
        tries=[
            {"when": i18n.moment(one.at, zone), "answer": presenting.answer(one), "took": f"{one.milliseconds} ms"}
            for one in queries.tries(delivery.id)
        ],
        replay_url=_replay_url(delivery, endpoint),
        back_url=url_for(".show_deliveries"),
    )


@blueprint.post("/deliveries/<id:delivery_id>/replay")
@allow(Permission.WEBHOOKS)
def replay(delivery_id: int) -> Any:
    """Sends it again with the same id and the same bytes."""
    delivery: Delivery = only_own(queries.delivery(delivery_id, lock=True))
    actions.replay(delivery)
    flash(i18n.gettext("Done. It is on its way once more."), "done")
    return redirect(url_for(".show_delivery", delivery_id=delivery_id), 303)
