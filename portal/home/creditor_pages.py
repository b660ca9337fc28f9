"""The debtor's first page as the debtor would see it, for the creditor's people: it leaves no trace and does nothing.

It is read in a transaction of its own that cannot write, within that debtor's scope; no visit stands behind it,
so no address of the debtor's side answers to it. Links and forms are taken out besides.
"""

import re
from typing import Any

from flask import url_for

from portal.core import db, scope
from portal.core.text import t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.debtors.visits import Current
from portal.home.debtor_pages import first_page
from portal.people import agencies
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("home_creditor", __name__)

NOBODY = 0  # no visit and no link has this id
# What leads anywhere but to this page, to the card, and to what the page is drawn with.
_LEADS_AWAY = re.compile(r'\s(?:href|action|formaction)="(?!#|/c/debtors/|/static/|/brand/)[^"]*"')
_FORM = re.compile(r"(<form\b[^>]*>)(.*?)</form>", re.DOTALL)


@blueprint.get("/debtors/<id:debtor_id>/as-debtor")
@allow(Permission.READ)
def show_as_debtor(debtor_id: int) -> Any:
    """In the debtor's language, under a banner in the reader's."""
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    face, reader = person().creditor, i18n.language().code
    banner = {
        "title": i18n.say(t("This is what %(name)s sees.", name=debtor.name)),
        "text": i18n.gettext("Nothing here can be pressed, and nobody learns that you looked."),
        "back": i18n.gettext("Back to the customer"),
        "back_url": url_for("debtors_creditor.show", debtor_id=debtor.id),
    }
    visit = Current(NOBODY, debtor.id, NOBODY, 2, None, debtor.name, debtor.kind, face)
    i18n.use(debtor.language)
    try:
        with db.transaction(writes=False):
            scope.enter(face.id, debtor.id)
            page = first_page(visit, preview=banner, agency=agencies.name_of(debtor.id), **_around(visit))
    finally:
        i18n.use(reader)
    return _inert(page)


def _around(visit: Current) -> dict[str, Any]:
    """What stands around a debtor's page, without its ways out and without any number of a form."""
    return {
        "creditor": visit.creditor,
        "brand_css_url": visit.creditor.brand_css_url,
        "signed_in": False,
        "home_url": "",
        "leave_url": "",
        "difficulty_url": url_for("hardship_debtor.show"),
        "writing_url": url_for("channel_wishes_debtor.show"),
        "genuine_url": url_for("door.show_genuine"),
        "privacy_url": url_for("door.show_privacy"),
        "languages": [],
        "csrf_token": lambda: "",
    }


def _inert(page: str) -> str:
    """The page with every road and every form shut."""
    shut = _FORM.sub(r"\1<fieldset disabled>\2</fieldset></form>", page)
    return _LEADS_AWAY.sub("", shut)
