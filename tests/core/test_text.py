"""A sentence that is translated later: arguments are filled in, never read as part of the sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.text import Text, t

ITALIAN = {"Invoice %(number)s is %(state)s": "La fattura %(number)s è %(state)s", "closed": "chiusa"}


def italian(msgid: str) -> str:
    return ITALIAN.get(msgid, msgid)


def test_a_text_stands_in_a_text_and_both_are_translated() -> None:
    sentence = t("Invoice %(number)s is %(state)s", number="128/2026", state=t("closed"))
    assert str(sentence) == "Invoice 128/2026 is closed"
    assert sentence.render(italian) == "La fattura 128/2026 è chiusa"


@given(st.text())
def test_what_a_person_typed_is_never_read_as_a_placeholder(typed: str) -> None:
    assert str(t("%(who)s asks", who=typed)) == f"{typed} asks"


def test_a_percent_sign_is_one_with_and_without_arguments() -> None:
    assert str(t("20%% off")) == "20% off"
    assert str(t("%(part)s%% of %(whole)s", part=20, whole=100)) == "20% of 100"


def test_a_missing_argument_is_a_mistake_of_ours_and_says_so() -> None:
    with pytest.raises(KeyError):
        str(Text("%(nobody)s", {"somebody": 1}))


def test_the_same_sentence_with_the_same_arguments_is_equal_and_hashes_alike() -> None:
    one, same, other = t("a %(n)s", n=1), t("a %(n)s", n=1), t("a %(n)s", n=2)
    assert one == same
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2
    assert t("a") != one
