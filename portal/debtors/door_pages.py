"""Beside the gate: a new link, how to check the page, what is kept, and the way out."""

from typing import Any

from flask import redirect, render_template, session, url_for
from sqlalchemy import select

from portal.core import db, installation
from portal.core.text import Text, t
from portal.debtors import actions, gate, notices, visits
from portal.debtors.entry_pages import common_values, is_expired, no_link, pre_visit
from portal.debtors.models import AccessLink, Visit
from portal.debtors.visits import current
from portal.web import limits
from portal.web.gates import debtor_blueprint, no_duplicate_fields, open_blueprint, without_visit
from portal.web.templating import forget_session

blueprint = open_blueprint("door", __name__, why="what can be asked at the door without a fact (rules A.4, T0)")
blueprint.before_request(no_duplicate_fields)
inside = debtor_blueprint("door_debtor", __name__)


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
