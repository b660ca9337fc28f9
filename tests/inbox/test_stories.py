"""Every event has a sentence; sentences say amounts, dates and words, and survive old and strange data."""

import importlib
import pkgutil
import re

import pytest

import portal
from portal.core import events
from portal.core.text import Text
from portal.debtors import gate
from portal.inbox import stories
from portal.settings import ROOT
from portal.web import i18n


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use("en")


def declared() -> dict[str, type[events.Event]]:
    for found in pkgutil.iter_modules(portal.__path__):
        if (ROOT / "portal" / found.name / "events.py").exists():
            importlib.import_module(f"portal.{found.name}.events")
    return {name: kind for name, kind in events.EVENTS.items() if kind.__module__.startswith("portal.")}


def test_every_declared_event_has_a_story() -> None:
    assert set(declared()) - set(stories.STORIES) == set(), "write its sentence in portal/inbox/stories.py"


def test_every_trace_has_a_story_and_none_says_opened() -> None:
    kinds = {value for name, value in vars(gate).items() if name.isupper() and isinstance(value, str)}
    assert kinds == set(stories.TRACES)
    for name, story in {**stories.TRACES, **stories.STORIES}.items():
        assert ("opened" in story.text.msgid.lower()) is (name == "gate.passed"), name


@pytest.mark.parametrize("name", sorted(stories.STORIES))
def test_a_story_uses_only_what_its_event_carries(name: str) -> None:
    kind = declared().get(name)
    if kind is None:
        pytest.skip(f"{name} is not declared yet")
    fields = set(kind.__dataclass_fields__)
    known = {f.removesuffix("_minor") for f in fields} | {"number", "document"}
    story = stories.STORIES[name]
    for text in (story.text, *story.notes.values()):
        assert set(re.findall(r"%\((\w+)\)s", text.msgid)) <= known, (name, text.msgid, known)
    assert set(story.notes) <= fields


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "receipt.confirmed",
            {"will_pay_on": "2027-03-30"},
            ("Invoice 7 arrived, all is fine", "They mean to pay on 30 March 2027."),
        ),
        ("receipt.denied", {"address_corrected": False}, ("Invoice 7 has not arrived", "")),
        (
            "payment.succeeded",
            {"amount_minor": 123456, "currency": "EUR", "excess_minor": 100},
            ("€1,234.56 was paid", "€1.00 was more than what was open: it is kept as their credit."),
        ),
        ("payment.succeeded", {"amount_minor": 500, "currency": "JPY", "excess_minor": 0}, ("¥500 was paid", "")),
        (
            "item.settled",
            {"amount_minor": 100, "open_minor": 0, "currency": "EUR", "by": "credit_note"},
            ("€1.00 came off invoice 7 (credit note), €0.00 is left", ""),
        ),
        (
            "item.held",
            {"reason": "transfer_on_its_way", "until": "2027-03-30"},
            ("Nobody asks for invoice 7 now: a transfer is on its way", "Until 30 March 2027."),
        ),
        ("person.role_changed", {"role": "manager", "old": "agent"}, ("A colleague is now Manager", "")),
        (
            "invoice.imported",
            {"kind": "credit_note", "number": "7", "total_minor": 100, "currency": "EUR"},
            ("Credit note 7 over €1.00 came in", ""),
        ),
        ("link.issued", {"campaign": "caring"}, ("A link was made: courtesy message", "")),
        ("link.issued", {"campaign": "demo"}, ("A link was made: for trying out", "")),
        ("link.issued", {"campaign": "caring_invoice"}, ("A link was made: another purpose", "")),
        ("message.sent", {"key": "payment_receipt"}, ("A message was sent: a payment receipt", "")),
        ("message.planned", {"key": "payment_receipt_2"}, ("A message was planned: another kind", "")),
        ("link.revoked", {"why": "something new"}, ("A link was revoked: something new", "")),
    ],
)
def test_sentences(name: str, data: dict[str, object], said: tuple[str, str]) -> None:
    assert stories.tell(stories.STORIES[name], data, "7") == said


def test_every_kind_of_message_and_link_has_a_word() -> None:
    """No key of ours stands on a page: not of a message's folder, not of what a link is issued for."""
    folders = {path.name for path in (ROOT / "templates" / "messages").iterdir() if path.is_dir()}
    sources = "\n".join(path.read_text() for path in (ROOT / "portal").rglob("*.py") if "simulator" not in path.parts)
    campaigns = set(re.findall(r'campaign="(\w+)"|^CAMPAIGN = "(\w+)"', sources, re.MULTILINE))
    named = folders | {one or other for one, other in campaigns}
    assert {"caring", "paper", "demo", "payment_receipt"} <= named
    assert named - set(stories.WORDS) == set(), "write its word in portal/inbox/stories.py"


@pytest.mark.parametrize("name", sorted(stories.STORIES))
@pytest.mark.parametrize("language", ["en", "it"])
def test_an_event_that_lost_its_fields_is_still_told(name: str, language: str) -> None:
    i18n.use(language)
    sentence, note = stories.tell(stories.STORIES[name], {}, None)
    assert sentence
    assert "%(" not in sentence + note


def test_what_stands_in_an_event_is_never_a_pattern() -> None:
    sentence, _ = stories.tell(stories.Story(Text("Why: %(why)s")), {"why": "%(number)s %s {0}"}, "7")
    assert sentence == "Why: %(number)s %s {0}"
