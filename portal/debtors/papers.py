"""What every paper for a debtor begins and ends with: who writes, to whom, whom to ask."""

from datetime import date
from typing import Any

from portal.core.text import t
from portal.creditors.faces import Face
from portal.debtors.models import Debtor
from portal.web import i18n


def sender(face: Face) -> dict[str, Any]:
    vat = i18n.say(t("VAT number %(number)s", number=face.vat_number)) if face.vat_number else None
    return {"name": face.name, "lines": [line for line in (face.address, vat, face.phone, face.email) if line]}


def reader(debtor: Debtor) -> dict[str, Any]:
    code = i18n.say(t("Customer code %(code)s", code=debtor.code))
    return {"caption": i18n.gettext("To"), "name": debtor.name, "lines": [code]}


def whom_to_ask(face: Face) -> str:
    who, phone = face.contact_name or face.name, face.phone or face.email or ""
    return i18n.say(t("A question? %(who)s, %(phone)s", who=who, phone=phone))


def foot(face: Face, made_on: date) -> dict[str, str]:
    """The footer: whose paper it is, of which day, and the page."""
    return {
        "footer": f"{face.name} · {i18n.say(t('As of %(day)s', day=i18n.day(made_on)))}",
        "page_of": i18n.gettext("Page %(page)s of %(pages)s"),
    }


def made_at(made_on: date) -> str:
    """The instant that stands in the file: the same bytes for the same facts on the same day."""
    return f"{made_on.isoformat()}T00:00:00+00:00"
