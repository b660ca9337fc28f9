"""The words of the cadence: each level has its e-mail, its text and its letter, in every language (A-32, C-14, C-36)."""

import re
from dataclasses import replace

import pytest

from portal.core import readability
from portal.messages import courtesy, gsm7, levels, presenting, rendering
from portal.messages.letters import placeholder
from portal.settings import ROOT
from portal.web import i18n
from tests.messages.test_texts import FACE, HARSH, LINK_ID, WHOLE, written

every_level = pytest.mark.parametrize(
    ("key", "language"), [(key, language) for key in levels.KEYS for language in i18n.languages()]
)
cases = pytest.mark.parametrize("person", ["", "Maria Bianchi"], ids=["business", "consumer"])


def letter(key: str, language: str, **values: object) -> str:
    return rendering.write_letter(key, language, {"creditor": FACE, **WHOLE, **values})


def short(key: str, language: str, **values: object) -> str:
    return rendering.write_short(
        key, language, {"creditor": FACE, "link_url": placeholder(LINK_ID), **WHOLE, **values}
    )


def test_every_level_has_all_its_parts_and_its_names() -> None:
    for key in levels.KEYS:
        parts = {path.name for path in (ROOT / "templates" / "messages" / key).iterdir()}
        assert parts == {"subject.txt", "email.html", "email.txt", "sms.txt", "letter.txt"}
        assert key in levels.LABELS
        assert key in presenting.KINDS
    surveys = {"survey_asked", "survey_reminder", "survey_improved"}
    assert set(courtesy.KIND_OF) == {"caring", "caring_soon", *surveys}, "nothing else can be done without by a click"


@every_level
@cases
def test_a_letter_is_calm_easy_and_names_a_human(key: str, language: str, person: str) -> None:
    text = letter(key, language, person=person)
    assert not re.search(HARSH[language], text, re.IGNORECASE)
    assert not re.search(r"http|/l/|/q/|None|%\(|\{|\}", text), "the sheet around it leads to the page"
    assert FACE.phone is not None
    assert FACE.phone in text
    assert person in text
    assert "\n\n\n" not in text
    body = text.replace(FACE.phone, "")
    assert readability.measure(body, language).score >= (80 if language == "it" else 60)


@every_level
def test_a_letter_is_read_days_later_and_speaks_of_no_today(key: str, language: str) -> None:
    assert not re.search(r"oggi|domani|tra pochi|today|tomorrow|in a few days", letter(key, language), re.IGNORECASE)


_ONE = r"un(a|o)? documento|\b(a|un) document|\b[Ee]in(em)? Dokument"


@every_level
def test_every_level_says_how_many_documents_in_whatever_way_it_comes(key: str, language: str) -> None:
    for count, wanted in ((1, _ONE), (3, r"3 [Dd]o[ck]ument")):
        texts = [written(key, language, **{**WHOLE, "count": count})[1], letter(key, language, count=count)]
        texts += [short(key, language, count=count)] if key != "caring" else []  # its text is the shortest of all
        for text in texts:
            assert re.search(wanted, text), text


@every_level
def test_a_text_names_a_number_to_call_and_one_link(key: str, language: str) -> None:
    text = short(key, language)
    assert text.count(placeholder(LINK_ID)) == 1
    if key != "caring":
        assert text.endswith(f"Tel. {FACE.phone}")
        without = short(key, language, creditor=replace(FACE, phone=None))
        assert "Tel" not in without
        assert gsm7.size(gsm7.normalise(without)).segments == 1


@every_level
def test_a_letter_without_a_phone_promises_no_call(key: str, language: str) -> None:
    text = letter(key, language, creditor=replace(FACE, phone=None))
    assert "None" not in text
    assert not text.endswith("\n\n")


def test_a_message_without_a_letter_of_its_own_says_so() -> None:
    with pytest.raises(rendering.CannotWrite):
        rendering.write_letter("step_up_code", "it", {"creditor": FACE})
