"""Reading a form: what was typed is kept and shown again, what cannot be is said beside its field."""

from datetime import date

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.core.text import t
from portal.web.edge import PortalFlask
from portal.web.forms import Form
from tests.databases import Prepared

WEB = Flask("forms")
NEEDED = t("Please type it in.")


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about pages, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


def text(typed: object, **values: object) -> tuple[str, Form]:
    with WEB.test_request_context("/", method="POST", data={"field": typed}):
        form = Form()
        return form.text("field", **values), form  # type: ignore[arg-type]


def day(typed: str) -> tuple[date | None, Form]:
    with WEB.test_request_context("/", method="POST", data={"field": typed}):
        form = Form()
        return form.day("field"), form


def test_blanks_at_the_ends_and_control_characters_go_the_rest_stays() -> None:
    assert text("  due\trighe\nsì  ")[0] == "due\trighe\nsì"
    assert text("a\x00b\x07c\x1b[31m\x85d\r\n")[0] == "abc[31md"
    assert text("🧾 €1.000 <b>&amp;")[0] == "🧾 €1.000 <b>&amp;"


@given(st.text(max_size=60))
def test_what_is_read_can_be_written_into_any_database(typed: str) -> None:
    read, form = text(typed)
    assert "\x00" not in read
    assert read == read.strip()
    assert read.encode().decode() == read
    assert form.typed["field"] == read
    assert text(read)[0] == read, "reading twice changes nothing more"


def test_what_is_needed_and_what_is_too_long_is_said() -> None:
    assert text("   ", needed=NEEDED)[1].wrong == {"field": NEEDED}
    assert text("\x00\x00", needed=NEEDED)[1].wrong == {"field": NEEDED}
    assert text("x" * 200)[1].wrong == {}
    long, form = text("x" * 201)
    assert "200" in str(form.wrong["field"])
    assert form.typed["field"] == long == "x" * 201, "nothing typed is lost"
    assert text("x" * 201, longest=201)[1].wrong == {}


def test_a_field_that_is_not_there_is_empty() -> None:
    with WEB.test_request_context("/", method="POST", data={}):
        form = Form()
        assert form.text("field") == ""
        assert form.choice("other", {"a"}, None) is None
        assert form.day("third") is None
        assert form.wrong == {}


@pytest.mark.parametrize("value", ["", "A", " a", "a ", "a\x00", "b", "['a']", "а"])
def test_a_choice_is_one_of_those_offered(value: str) -> None:
    with WEB.test_request_context("/", method="POST", data={"field": value}):
        form = Form()
        assert form.choice("field", {"a"}, NEEDED) is None
        assert form.wrong == {"field": NEEDED}
    with WEB.test_request_context("/", method="POST", data={"field": "a"}):
        form = Form()
        assert form.choice("field", {"a"}, NEEDED) == "a"
        assert form.wrong == {}


@pytest.mark.parametrize(
    "typed", ["2026-11-30", "30/11/2026", "30.11.2026", "30-11-2026", "30 11 2026", " 30/11/2026 "]
)
def test_a_day_is_read_as_a_picker_or_a_person_writes_it(typed: str) -> None:
    assert day(typed)[0] == date(2026, 11, 30)


@pytest.mark.parametrize("typed", ["1/2/2026", "01/02/2026", "2026-02-01"])
def test_the_day_comes_first(typed: str) -> None:
    assert day(typed)[0] == date(2026, 2, 1)


@pytest.mark.parametrize(
    "typed",
    ["31/02/2026", "2026-02-30", "11/30/2026", "30/11/26", "30/11", "tomorrow", "2026-W48-1", "20261130",
    "2026-334", "٣٠/١١/٢٠٢٦",
     "30/11/2026x", "30//11/2026", "0/0/0000", "99999999999999999999", "2026-11-30T10:00", "-2026-11-30",
     "30/11/12026"],
)  # fmt: skip
def test_what_is_no_day_is_said_and_kept(typed: str) -> None:
    found, form = day(typed)
    assert found is None
    assert form.wrong.keys() == {"field"}
    assert form.typed["field"] == typed


@given(st.dates())
def test_every_day_is_read_in_both_spellings(value: date) -> None:
    assert day(value.isoformat())[0] == value
    assert day(f"{value.day}/{value.month}/{value.year:04}")[0] == value


@given(st.text(max_size=24))
def test_whatever_is_typed_as_a_day_is_a_day_or_a_sentence(typed: str) -> None:
    found, form = day(typed)
    assert found is not None or form.wrong or not form.typed["field"]


def test_mistakes_are_said_in_the_readers_language(app: PortalFlask) -> None:
    with app.test_request_context("/", method="POST", data={"field": ""}, headers={"Accept-Language": "it"}):
        app.preprocess_request()
        form = Form()
        form.text("field", needed=t("Please choose one of the three answers."))
        ((name, sentence),) = form.errors
        assert name == "field"
        assert sentence
