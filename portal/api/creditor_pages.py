"""Keys of the creditor's systems: made and shown once, given another secret, revoked; when each was last used."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for

from portal.api import actions, queries, rules
from portal.api.models import ApiKey
from portal.core import clock, ids, installation, signing
from portal.core.errors import Invalid
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("api_creditor", __name__, url_prefix="/c/keys")

_SHOWN_ONCE = "api_key"  # a new key, sealed, until the next page has shown it


@blueprint.get("")
@allow(Permission.KEYS)
def show_keys() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    sealed = session.pop(_SHOWN_ONCE, None)
    ticked = set(form.listed("may[]")) if form.wrong else set()
    page = render_template(
        "api/staff_keys.html",
        title=i18n.gettext("Keys"),
        keys=[_row(one) for one in queries.listed()],
        written=signing.unseal(installation.keys(), sealed) if sealed else "",
        grants=[(one.value, i18n.say(says), one.value in ticked) for one, says in rules.GRANTABLE.items()],
        name=form.typed.get("name", ""),
        make_url=url_for(".make"),
        docs_url=url_for("api_docs.show_docs"),
        back_url=url_for("webhooks_creditor.show_endpoints"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _row(key: ApiKey) -> dict[str, Any]:
    zone, live = person().creditor.time_zone, key.revoked_at is None
    two = key.old_until is not None and key.old_until > clock.now()
    until = i18n.moment(key.old_until, zone) if key.old_until is not None else ""
    return {
        "name": key.name,
        "number": ids.spell(key.id),
        "may": [i18n.say(says) for one, says in rules.GRANTABLE.items() if one in rules.permissions(key.permissions)],
        "made": i18n.moment(key.made_at, zone),
        "used": i18n.moment(key.last_used_at, zone) if key.last_used_at else i18n.gettext("never"),
        "state": _state(live=live, two_until=until if two else ""),
        "kind": "plain" if not live else "wait" if two else "good",
        "rotate_url": url_for(".rotate", api_key_id=key.id) if live and not two else None,
        "end_url": url_for(".end_old", api_key_id=key.id) if live and two else None,
        "revoke_url": url_for(".revoke", api_key_id=key.id) if live else None,
    }  # fmt: skip


def _state(*, live: bool, two_until: str) -> Text:
    if not live:
        return t("revoked")
    return t("two secrets until %(moment)s", moment=two_until) if two_until else t("active")


@blueprint.post("")
@allow(Permission.KEYS)
@recently_proved
def make() -> Any:
    """A new key; it is shown once, on the page that follows."""
    form = Form()
    name = form.text("name", longest=rules.LONGEST_NAME, needed=t("Please write which system this key is for."))
    if not form.wrong:
        try:
            return _show_once(actions.make(name, form.listed("may[]"), by=person().staff_id))
        except actions.NothingAllowed as error:
            form.wrong["may"] = error.text
        except Invalid as error:
            form.wrong["name"] = error.text
    return _page(form)


@blueprint.post("/<id:api_key_id>/secret")
@allow(Permission.KEYS)
@recently_proved
def rotate(api_key_id: int) -> Any:
    """Another secret, shown once on the page that follows; the first lets in for a week more."""
    return _show_once(actions.rotate(_key(api_key_id), by=person().staff_id))


@blueprint.post("/<id:api_key_id>/secret/end")
@allow(Permission.KEYS)
@recently_proved
def end_old(api_key_id: int) -> Any:
    actions.end_old(_key(api_key_id))
    return _done(t("Done. Only the new secret lets in now."))


@blueprint.post("/<id:api_key_id>/revoke")
@allow(Permission.KEYS)
def revoke(api_key_id: int) -> Any:
    """At once, without a proof: who sees a key in the wrong hands does not look for a password first."""
    actions.revoke(_key(api_key_id))
    return _done(t("Done. This key lets nobody in any more."))


def _key(api_key_id: int) -> ApiKey:
    found: ApiKey = only_own(queries.key(api_key_id, lock=True))
    return found


def _show_once(made: actions.Made) -> Any:
    session[_SHOWN_ONCE] = signing.seal(installation.keys(), made.written)
    return redirect(url_for(".show_keys"), 303)


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show_keys"), 303)
