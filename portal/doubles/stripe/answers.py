"""What each operation of the API does that is more than to retrieve, list or relabel one kind of object."""

from portal.doubles.stripe.calls import Call
from portal.doubles.stripe.objects import disputes, endpoints, events, refunds, sessions, setups
from portal.doubles.stripe.refusals import missing
from portal.doubles.stripe.store import Doc


def create_session(call: Call) -> Doc:
    on_behalf = call.caller.on_behalf
    return call.shown(sessions.create(call.backend, call.caller.world, call.params, on_behalf=on_behalf))


def expire_session(call: Call) -> Doc:
    return call.shown(sessions.expire(call.backend, call.named("checkout.session")))


def list_sessions(call: Call) -> Doc:
    everything = call.all("checkout.session")
    docs = everything
    for name in ("payment_intent", "status"):
        if name in call.params:
            docs = [doc for doc in docs if doc[name] == call.params[name]]
    if "customer_details" in call.params:
        email = call.params["customer_details"]["email"]
        docs = [doc for doc in docs if (doc["customer_details"] or {}).get("email") == email]
    return call.listed(docs, everything)


def list_line_items(call: Call) -> Doc:
    items = call.backend.store.notes(call.named("checkout.session")["id"])["line_items"]
    return call.listed(items, items)


def charge_saved(call: Call) -> Doc:
    return call.shown(setups.charge(call.backend, call.caller.world, call.params))


def cancel_intent(call: Call) -> Doc:
    intent = call.named("payment_intent", "intent")
    return call.shown(setups.cancel(call.backend, intent, call.params.get("cancellation_reason")))


def detach_method(call: Call) -> Doc:
    return call.shown(setups.detach(call.backend, call.named("payment_method")))


def create_refund(call: Call) -> Doc:
    return call.shown(refunds.create(call.backend, call.caller.world, call.params))


def update_dispute(call: Call) -> Doc:
    return call.shown(disputes.update(call.backend, call.named("dispute"), call.params))


def close_dispute(call: Call) -> Doc:
    """The account gives in."""
    return call.shown(disputes.close(call.backend, call.named("dispute"), won=False))


def _naming_account(call: Call, event: Doc) -> Doc:
    """An event of a connected account names it when a platform looks."""
    return {**event, "account": call.caller.world.account} if call.caller.on_behalf else event


def retrieve_event(call: Call) -> Doc:
    event = call.named("event")
    if not events.still_kept(call.backend, event):
        raise missing("event", event["id"])
    return _naming_account(call, call.shown(event))


def list_events(call: Call) -> Doc:
    everything = events.visible(call.backend, call.caller.world)
    docs = everything
    patterns = [call.params["type"]] if "type" in call.params else call.params.get("types")
    if patterns is not None:
        docs = [doc for doc in docs if events.matches(doc, patterns)]
    if "delivery_success" in call.params:
        docs = [doc for doc in docs if (doc["pending_webhooks"] == 0) == call.params["delivery_success"]]
    answer = call.listed(docs, everything)
    answer["data"] = [_naming_account(call, event) for event in answer["data"]]
    return answer


def show_account(call: Call) -> Doc:
    return call.shown(call.accounts.shown(call.caller, call.object_id or None))


def create_endpoint(call: Call) -> Doc:
    """The one answer that shows the endpoint's secret."""
    endpoint = endpoints.create(call.backend, call.caller.world, call.params)
    return {**call.shown(endpoint), "secret": endpoints.secrets(call.backend, endpoint)[0]}


def delete_endpoint(call: Call) -> Doc:
    endpoint = call.named("webhook_endpoint")
    call.backend.store.remove(endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
