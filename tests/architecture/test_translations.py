"""Italian and English are complete at all times, and no placeholder is lost on the way (look.md)."""

import re

import pytest

from tests import messages_po

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
FRESH = messages_po.catalogue()


def parts(message: object) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (str(message),)


@pytest.mark.parametrize("code", ["it", "en"])
def test_every_sentence_is_written(code: str) -> None:
    made = messages_po.merged(code, FRESH)
    empty = [message.id for message in made if message.id and not all(parts(message.string))]
    assert empty == [], f"{len(empty)} sentences to write: make messages, then translations/{code}"


@pytest.mark.parametrize("code", ["it", "en"])
def test_the_catalogue_on_disk_is_the_one_of_the_sources(code: str) -> None:
    made = messages_po.merged(code, FRESH)
    is_the_same = messages_po.po_path(code).read_bytes() == messages_po.written(made)
    assert is_the_same, "run `make messages`"  # compared before: to explain a difference would take minutes


@pytest.mark.parametrize("code", ["it", "en"])
def test_placeholders_are_kept(code: str) -> None:
    for message in messages_po.merged(code, FRESH):
        if not message.id:
            continue
        known = {name for part in parts(message.id) for name in PLACEHOLDER.findall(part)}
        for written in parts(message.string):
            assert set(PLACEHOLDER.findall(written)) <= known, message.id
            assert len(PLACEHOLDER.sub("", written).replace("%%", "").split("%")) == 1, message.id


def test_what_stands_before_the_gate_has_no_word_of_debt() -> None:
    """Rules A-27 and C-21: on the pages that a stranger may open."""
    words = re.compile(
        r"debit|insolut|moros|sollecit|scadut|recuper|ingiunzion|arretrat|pagament|debt|overdue|unpaid", re.IGNORECASE
    )
    strangers = (
        "templates/debtors/gate",
        "templates/debtors/link_",
        "templates/wrong_addresses/not_me",
        "templates/layouts/gate",
    )
    for message in messages_po.merged("it", FRESH):
        places = [place for place, _ in message.locations]
        if message.id and any(place.startswith(strangers) for place in places) and "link_closed" not in str(places):
            assert not words.search(" ".join(parts(message.string))), message.string
