"""Every language is complete at all times, and no placeholder is lost on the way (look.md)."""

import re

import pytest
from babel.messages.pofile import read_po

from tests import messages_po

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
FRESH = messages_po.catalogue()
# What nobody but the reader is to be told, by language.
WORDS = {
    code: re.compile(words, re.IGNORECASE)
    for code, words in {
        "it": r"debit|insolut|moros|sollecit|scadut|recuper|ingiunzion|arretrat|pagament",
        "en": r"debt|overdue|unpaid",
        "de": r"schuld(?!ig)|mahn|inkasso|rückstand|überfällig|zahlung",
        "fr": r"dette|impayé|relance|recouvrement|arriéré|paiement",
        "es": r"deud|impag|moros|recobro|vencid|\bpagos?\b",
    }.items()
}
each_language = pytest.mark.parametrize("code", messages_po.codes())


def parts(message: object) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (str(message),)


@each_language
def test_every_sentence_is_written(code: str) -> None:
    made = messages_po.merged(code, FRESH)
    empty = [message.id for message in made if message.id and not all(parts(message.string))]
    assert empty == [], f"{len(empty)} sentences to write: make messages, then translations/{code}"


@each_language
def test_the_catalogue_on_disk_is_the_one_of_the_sources(code: str) -> None:
    made = messages_po.merged(code, FRESH)
    is_the_same = messages_po.po_path(code).read_bytes() == messages_po.written(made)
    assert is_the_same, "run `make messages`"  # compared before: to explain a difference would take minutes


@each_language
def test_nothing_is_fuzzy(code: str) -> None:
    with messages_po.po_path(code).open("rb") as file:
        assert [message.id for message in read_po(file, locale=code) if message.fuzzy and message.id] == []


@each_language
def test_placeholders_are_kept(code: str) -> None:
    """The same names in each; a form for one may say “one” instead of its number."""
    for message in messages_po.merged(code, FRESH):
        if not message.id:
            continue
        known = {name for part in parts(message.id) for name in PLACEHOLDER.findall(part)}
        forms = parts(message.string)
        for written in forms:
            assert set(PLACEHOLDER.findall(written)) <= known, message.id
            assert len(PLACEHOLDER.sub("", written).replace("%%", "").split("%")) == 1, message.id
        assert set(PLACEHOLDER.findall(forms[-1])) == set(PLACEHOLDER.findall(parts(message.id)[-1])), message.id


@each_language
def test_what_stands_before_the_gate_has_no_word_of_debt(code: str) -> None:
    """Rules A-27 and C-21: on the pages that a stranger may open."""
    strangers = (
        "templates/debtors/gate",
        "templates/debtors/link_",
        "templates/wrong_addresses/not_me",
        "templates/layouts/gate",
    )
    for message in messages_po.merged(code, FRESH):
        places = [place for place, _ in message.locations]
        if message.id and any(place.startswith(strangers) for place in places) and "link_closed" not in str(places):
            assert not WORDS[code].search(" ".join(parts(message.string))), message.string
