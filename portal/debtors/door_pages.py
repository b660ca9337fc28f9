"""Beside the gate: a new link, "this is not me", how to check the page, what is kept, and the way out."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from sqlalchemy import select

from portal.core import db, installation
from portal.core.text import Text, t
from portal.debtors import actions, gate, notices, visits
from portal.debtors.entry_pages import common_values, is_expired, no_link, pre_visit
from portal.debtors.models import AccessLink, Visit
from portal.debtors.visits import current
from portal.web import i18n, limits
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, no_duplicate_fields, open_blueprint, without_visit
from portal.web.templating import forget_session

blueprint = open_blueprint("door", __name__, why="what can be asked at the door without a fact (rules A.4, T0)")
blueprint.before_request(no_duplicate_fields)
inside = debtor_blueprint("door_debtor", __name__)

REASONS = (
    ("not_known", t("I do not know this company"), t("The message came to me by mistake")),
    ("not_mine", t("I know it, but this is not for me"), t("It is for someone else, at home or at work")),
    ("old_address", t("This address is no longer used for this"), t("Somebody else should get it")),
)


@blueprint.post("/gate/new-link")
def ask_new_link() -> Any:
    """Sends a new link to the address on file; the answer is the same whoever asks (rule A-11)."""
    limits.check(limits.NEW_LINKS, "new-link")
    limits.count(limits.NEW_LINKS, "new-link")
    found = pre_visit()
    if found is not None and (is_expired(found.link) or _rests(found.link)):
        notices.send_new_link(found.link)
    return redirect(url_for("door.show_link_sent"), 303)


def _rests(link: AccessLink) -> bool:
    """Frozen, and sent to an address: the code on a paper goes on with its page's telephone number."""
    return link.contact_point_id is not None and gate.is_frozen(link)


@blueprint.get("/gate/new-link")
def show_link_sent() -> Any:
    return render_template("debtors/link_sent.html", **common_values(pre_visit()))


@blueprint.get("/gate/not-me")
def show_not_me() -> Any:
    found = pre_visit()
    return no_link() if found is None else _not_me_page(found, Form())


def _not_me_page(found: Any, form: Form) -> Any:
    page = render_template(
        "debtors/not_me.html",
        not_me_url=url_for("door.say_not_me"),
        gate_url=url_for("entry.show_gate"),
        options=[(value, i18n.say(label), i18n.say(hint)) for value, label, hint in REASONS],
        value=form.typed.get("reason", ""),
        pauses=_is_to_an_address(found),
        errors=form.errors,
        **common_values(found),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/gate/not-me")
def say_not_me() -> Any:
    """Kept as a trace: our messages to this address pause until a colleague decides; no link dies (decision 7)."""
    found = pre_visit()
    if found is None:
        return no_link()
    form = Form()
    form.choice("reason", {value for value, _, _ in REASONS}, t("Please choose the one that fits best."))
    if form.wrong:
        return _not_me_page(found, form)
    gate.note(found.link, gate.NOT_ME, gate.client_label(request.user_agent.string))
    return redirect(url_for("door.show_not_me_done"), 303)


@blueprint.get("/gate/thank-you")
def show_not_me_done() -> Any:
    found = pre_visit()
    return render_template("debtors/not_me_done.html", paused=_is_to_an_address(found), **common_values(found))


def _is_to_an_address(found: Any) -> bool:
    """A code on paper went to no address of ours: there is nothing to pause."""
    return found is not None and found.link.contact_point_id is not None


@blueprint.get("/genuine")
def show_genuine() -> Any:
    # With the slash behind it: https://paga.example.it.evil.example begins with our name, too.
    address = f"{installation.settings().public_url}/"
    values, _ = _open_to_all(t("Is this page genuine?"))
    return render_template("debtors/genuine.html", portal_address=address, back_url=_back(), **values)


@blueprint.get("/privacy")
def show_privacy() -> Any:
    """Who decides over the data is the creditor, at the door and inside alike (rule C-22, article 14 GDPR)."""
    values, visit = _open_to_all(t("Your data"))
    face = values["creditor"]
    operator = installation.settings().operator
    return render_template(
        "debtors/privacy.html",
        controller=face.name if face else operator.name,
        controller_address=face.address if visit is not None else None,
        agency=visit.agency if visit is not None else None,
        data_url=url_for("privacy_debtor.show") if visit is not None and visit.may_answer else None,
        dpo_email=None,
        rights_email=(face.email if face else None) or operator.email,
        back_url=_back(),
        **values,
    )


def _open_to_all(title: Text) -> tuple[dict[str, Any], visits.Current | None]:
    """What a page that is open to all shows: behind the gate whose visit runs, before it whose link was opened."""
    found = pre_visit()
    visit = visits.load() if found is None else None
    values = common_values(found, title)
    if visit is not None:
        values |= {"creditor": visit.creditor, "brand_css_url": visit.creditor.brand_css_url}
    return values, visit


def _back() -> str:
    if "v" in session:
        return url_for("home_debtor.show")
    return url_for("entry.show_gate") if "pre" in session else "/"


def _gone() -> Any:
    """Nothing of the visit stays on the device, whether it ran still or had run out (rules A-24, A-52)."""
    forget_session()
    answer = redirect(url_for("door.show_left"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@inside.post("/leave")
@without_visit(_gone)
def leave() -> Any:
    """ "Esci": the visit is over."""
    visit = db.session().scalars(select(Visit).where(Visit.id == current().id)).one()
    actions.end_visit(visit, "left")
    return _gone()


@blueprint.get("/left")
def show_left() -> Any:
    return render_template("debtors/left.html", **common_values(None, t("You have left")))


@blueprint.get("/")
def show_front() -> Any:
    """Somebody typed the bare address: what this is, and how to come in."""
    return no_link(200)
