"""The agreement as a paper, PDF/A: made of the kept JSON and of nothing else, so that both say the same."""

import hashlib
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from portal.core import clock
from portal.core.money import from_decimal
from portal.core.text import t
from portal.debtors import step_up_rules
from portal.documents.typst import render_pdf
from portal.plans.evidence import FACT, Facts
from portal.web import i18n
from portal.web.i18n import gettext as _

_CHANNELS = {"email": t("by e-mail"), "pec": t("by certified e-mail (PEC)"), "mobile": t("by text message")}
_NONE = "–"
NAMED = "sha256:"  # before the check sum of the facts, among the keywords of the PDF


def made(evidence: str) -> bytes:
    """The PDF in the language in which the words were shown; the same bytes for the same JSON."""
    facts: Facts = json.loads(evidence)
    with i18n.speaking(facts["text_shown"].get("language") or i18n.DEFAULT):
        data = _data(facts, hashlib.sha256(evidence.encode()).hexdigest())
        return render_pdf("agreement", data, i18n.language().code)


def facts_named_in(pdf: bytes) -> str | None:
    """The SHA-256 of the facts (JSON) of which the PDF says that it was made; none where it does not say so."""
    try:
        said: Any = dict(PdfReader(io.BytesIO(pdf)).metadata or {}).get("/Keywords")
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return said.removeprefix(NAMED) if isinstance(said, str) and said.startswith(NAMED) else None


def _data(facts: Facts, digest: str) -> dict[str, Any]:
    creditor, plan, zone = facts["creditor"], facts["plan"], facts["creditor"]["time_zone"]
    agreed_on = clock.day_of(datetime.fromisoformat(plan["accepted_at"]), zone)
    return {
        "made_at": plan["accepted_at"],
        "digest": f"{NAMED}{digest}",
        "title": _("Agreement to pay in instalments"),
        "creditor": {"name": creditor["name"], "lines": _sender(creditor)},
        "debtor": {
            "caption": _("To"),
            "name": facts["debtor"]["name"],
            "lines": [i18n.say(t("Customer code %(code)s", code=facts["debtor"]["code"]))],
        },
        "facts": [
            [_("Agreed on"), i18n.day(agreed_on)],
            [_("In all"), _amount(plan["total"], plan)],
            [_("Instalments"), str(sum(1 for one in facts["instalments"] if one["number"]))],
            [_("Number"), plan["id"]],
        ],
        "notice": _("What was agreed, word for word, and how. Please keep it. Within 24 hours it can be taken back."),
        "documents": _documents(facts),
        "instalments": _instalments(facts),
        "words": _words(facts),
        "acknowledgement": _acknowledgement(facts),
        "signed": {"heading": _("Who agreed, and how"), "rows": [*_signer(facts), *_how(facts)]},
        "checking": {"heading": _("For checking later"), "intro": _intro(), "rows": _checking(facts, digest)},
        "closing": [_whom_to_ask(creditor)],
        "footer": f"{creditor['name']} · {i18n.say(t('As of %(day)s', day=i18n.day(agreed_on)))}",
        "page_of": _("Page %(page)s of %(pages)s"),
    }


def _intro() -> str:
    return _(
        "The same facts stand in a file for programs (JSON). Its check sum and that of this paper are in the "
        "creditor's sealed record. Times are in UTC."
    )


def _sender(creditor: Facts) -> list[str]:
    vat = i18n.say(t("VAT number %(number)s", number=creditor["vat_number"])) if creditor["vat_number"] else None
    return [line for line in (creditor["address"], vat, creditor["phone"], creditor["email"]) if line]


def _whom_to_ask(creditor: Facts) -> str:
    who, phone = creditor["contact_name"] or creditor["name"], creditor["phone"] or creditor["email"] or ""
    return i18n.say(t("A question? %(who)s, %(phone)s", who=who, phone=phone))


def _amount(plain: str, plan: Facts) -> str:
    return i18n.money(from_decimal(Decimal(plain), plan["currency"]))


def _day(plain: str) -> str:
    return i18n.day(date.fromisoformat(plain))


def _documents(facts: Facts) -> Facts:
    plan = facts["plan"]
    extra = [
        [name, _amount(plan[key], plan)]
        for key, name in (("interest", _("Agreed interest")), ("discount", _("Discount")))
        if plan[key] != "0.00"
    ]
    debt = _amount(plan["debt"], plan)
    return {
        "heading": _("What it is about"),
        "columns": [_("Document"), _("Date"), _("Due on"), _("Amount"), _("Open")],
        "rows": [
            [one["number"], _day(one["issued_on"]), _day(one["due_on"]), _amount(one["amount"], plan),
             _amount(one["in_plan"], plan)]
            for one in facts["documents"]
        ],
        "totals": [[_("Open"), debt], *extra, [_("In all"), _amount(plan["total"], plan)]] if extra
        else [[_("In all"), debt]],
    }  # fmt: skip


def _instalments(facts: Facts) -> Facts:
    plan = facts["plan"]
    return {
        "heading": _("The instalments"),
        "columns": [_("Instalment"), _("By"), _("Reference"), _("Amount")],
        "rows": [
            [
                str(one["number"]) if one["number"] else _("At the beginning"),
                _day(one["due_on"]),
                one["reference"],
                _amount(one["amount"], plan),
            ]
            for one in facts["instalments"]
        ],
        "totals": [[_("In all"), _amount(plan["total"], plan)]],
    }


def _words(facts: Facts) -> Facts:
    """As they were shown; the acknowledgement at their end follows under a heading of its own."""
    text, apart = facts["text_shown"]["text"], facts["acknowledgement"]["text"]
    if text and apart:
        text = text.removesuffix(f"\n{apart}")
    return {
        "heading": _("The words that were agreed to"),
        "lines": (text or _("These words are not kept.")).split("\n"),
    }


def _acknowledgement(facts: Facts) -> Facts:
    said = facts["acknowledgement"]
    if not said["given"]:
        text = _("None was given. This agreement is no acknowledgement in words of its own.")
    else:
        text = said["text"] or _("It was given apart, with the words above.")
    return {"heading": _("Acknowledgement"), "lines": [text], "quoted": bool(said["text"])}


def _signer(facts: Facts) -> list[list[str]]:
    signer = facts["signer"]
    role = step_up_rules.ROLES.get(signer["role"] or "")
    return [
        [_("Name"), signer["name"] or _NONE],
        [_("Role"), i18n.say(role) if role is not None else _NONE],
        [_("Declared"), signer["statement"] or _NONE],
    ]


def _how(facts: Facts) -> list[list[str]]:
    door, code = facts["door"], facts["code"]
    rows = [
        [_("Link"), _joined(door["link"], _channel(door), door.get("recipient"))],
        [_("Link sent"), _utc(door.get("issued_at"))],
        [_("At the door"), _("one fact, not kept") if door.get("fact_passed") == FACT else _NONE],
        [_("Passed the door"), _utc(door.get("visit_began_at"))],
        [_("Words shown"), _utc(code.get("shown_at"))],
    ]
    if code.get("proved_at"):
        same = _("the same way as the link") if code["same_channel_as_link"] else _("another way than the link")
        rows += [
            [_("Code"), _joined(_channel(code), code["recipient"], same)],
            [_("Code asked for"), _utc(code["asked_at"])],
            [_("Code sent"), _utc(code["sent_at"] or code["made_at"])],
            [_("Code typed"), _utc(code["proved_at"])],
        ]
    else:
        rows.append([_("Code"), _("none")])
    if code.get("made_sure"):
        rows.append([_("A colleague made sure"), _joined(code["made_sure"], _utc(code["agreed_at"]))])
    return [
        *rows,
        [_("Agreed on"), _utc(facts["plan"]["accepted_at"])],
        [_("Network address"), facts["ip_address"]["value"] or _("not kept")],
        [_("Browser"), facts["user_agent"]["value"] or _("not kept")],
    ]


def _channel(told: Facts) -> str | None:
    name = _CHANNELS.get(told.get("channel") or "")
    return i18n.say(name) if name is not None else None


def _joined(*parts: str | None) -> str:
    return ", ".join(one for one in parts if one) or _NONE


def _utc(plain: str | None) -> str:
    return f"{plain[:10]} {plain[11:19]} UTC" if plain else _NONE


def _checking(facts: Facts, digest: str) -> list[list[str]]:
    """Names and check sums; the PDF's own cannot stand in it."""
    plan, place = facts["plan"], facts["chain"]
    originals = [
        [i18n.say(t("Document %(number)s", number=one["number"])), one["document_sha256"] or _("no file is kept")]
        for one in facts["documents"]
    ]
    return [
        [_("The file for programs"), digest],
        [_("What was open, and asked when"), plan["snapshot_sha256"]],
        [_("The words"), facts["text_shown"].get("sha256") or _NONE],
        *originals,
        [i18n.say(t("Record %(number)s of the chain", number=place["record"])), place["head_sha256"]],
        [_("Rules of the creditor"), i18n.say(t("version %(number)s", number=plan["policy_version"]))],
        [_("Portal"), facts["portal_version"]],
    ]
