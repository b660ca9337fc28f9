"""One address that events go to: what it hears of, a test event, and another signing secret in place of the first."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for

from portal.core import clock, ids, installation, signing
from portal.core.errors import Invalid
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved
from portal.webhooks import actions, choosing, presenting, queries
from portal.webhooks.models import Endpoint
from portal.webhooks.states import EndpointStatus

blueprint = creditor_blueprint("endpoint_creditor", __name__, url_prefix="/c/webhooks")

_SHOWN_ONCE = "webhook_new_secret"  # sealed, with its endpoint, until the next page has shown it


@blueprint.get("/<id:endpoint_id>")
@allow(Permission.WEBHOOKS)
def show(endpoint_id: int) -> Any:
    return _page(_endpoint(endpoint_id, lock=False), Form())


def _page(endpoint: Endpoint, form: Form) -> Any:
    zone = person().creditor.time_zone
    two = endpoint.old_until is not None and endpoint.old_until > clock.now()
    page = render_template(
        "webhooks/staff_endpoint.html",
        title=presenting.host(endpoint),
        state=endpoint.status.label,
        kind=presenting.TINTS[endpoint.status],
        details=[
            (i18n.gettext("Address"), endpoint.url),
            (i18n.gettext("Last answer"), presenting.last(queries.last_try_at(endpoint.id), zone)),
            (i18n.gettext("Number"), ids.spell(endpoint.id)),
        ],
        secret=_secret_of(endpoint),
        kinds=_choices(endpoint, form),
        said=presenting.kinds(endpoint) if endpoint.kinds else i18n.gettext("It hears of everything."),
        kinds_url=url_for(".choose", endpoint_id=endpoint.id),
        test_url=url_for(".test", endpoint_id=endpoint.id) if endpoint.status is EndpointStatus.ACTIVE else None,
        rotate_url=None if two else url_for(".rotate", endpoint_id=endpoint.id),
        end_url=url_for(".end_old", endpoint_id=endpoint.id) if two else None,
        old_until=i18n.moment(endpoint.old_until, zone) if endpoint.old_until is not None and two else "",
        deliveries_url=url_for("webhooks_creditor.show_deliveries", to=ids.spell(endpoint.id)),
        back_url=url_for("webhooks_creditor.show_endpoints"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _choices(endpoint: Endpoint, form: Form) -> list[tuple[str, str, bool]]:
    """(what the form sends, what it holds, ticked): all kinds, and single events that a command has chosen."""
    asked = (endpoint.kinds or "").split()
    known = {f"{group}.*": ", ".join(names) for group, names in choosing.groups().items()}
    single = {one: "" for one in asked if one not in known}
    ticked = set(form.listed("kinds[]") if form.wrong else asked)
    return [(one, holds, one in ticked) for one, holds in {**known, **single}.items()]


def _secret_of(endpoint: Endpoint) -> str:
    kept = session.pop(_SHOWN_ONCE, None)
    if not isinstance(kept, list) or len(kept) != 2 or kept[0] != ids.spell(endpoint.id):
        return ""
    return signing.unseal(installation.keys(), str(kept[1]))


@blueprint.post("/<id:endpoint_id>/kinds")
@allow(Permission.WEBHOOKS)
def choose(endpoint_id: int) -> Any:
    """What it hears of; nothing ticked is everything."""
    endpoint, form = _endpoint(endpoint_id), Form()
    try:
        actions.choose(endpoint, form.listed("kinds[]"))
    except Invalid as error:
        form.wrong["kinds"] = error.text
        return _page(endpoint, form)
    return _done(endpoint_id, t("Done. It hears of what you chose from now on."))


@blueprint.post("/<id:endpoint_id>/test")
@allow(Permission.WEBHOOKS)
def test(endpoint_id: int) -> Any:
    """Sends a test event and leads to it: the page shows what came back."""
    delivery = actions.send_test(_endpoint(endpoint_id))
    flash(i18n.gettext("On its way. Load this page again to see the answer."), "done")
    return redirect(url_for("webhooks_creditor.show_delivery", delivery_id=delivery.id), 303)


@blueprint.post("/<id:endpoint_id>/secret")
@allow(Permission.WEBHOOKS)
@recently_proved
def rotate(endpoint_id: int) -> Any:
    """A second secret, shown once on the page that follows; the first holds for a week more."""
    secret = actions.rotate_secret(_endpoint(endpoint_id))
    session[_SHOWN_ONCE] = [ids.spell(endpoint_id), signing.seal(installation.keys(), secret)]
    return redirect(url_for(".show", endpoint_id=endpoint_id), 303)


@blueprint.post("/<id:endpoint_id>/secret/end")
@allow(Permission.WEBHOOKS)
@recently_proved
def end_old(endpoint_id: int) -> Any:
    actions.end_old_secret(_endpoint(endpoint_id))
    return _done(endpoint_id, t("Done. Only the new secret signs now."))


def _endpoint(endpoint_id: int, *, lock: bool = True) -> Endpoint:
    found: Endpoint = only_own(queries.endpoint(endpoint_id, lock=lock))
    return found


def _done(endpoint_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", endpoint_id=endpoint_id), 303)
