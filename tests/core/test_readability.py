"""Gulpease and Flesch by their formulas, and how sentences are counted (rule E-60, decision 30)."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from portal.commands.explain import group
from portal.core import readability

EASY = "La fattura è arrivata. Scade il 30 aprile. Puoi pagare qui."
HARD = (
    "Con la presente si comunica che, in relazione alla posizione debitoria in oggetto, risulta a tutt'oggi non "
    "pervenuto il relativo versamento, pertanto la invitiamo a voler provvedere."
)


@pytest.mark.parametrize(
    ("text", "counted", "raw", "score"), [(EASY, (3, 11, 44), 130.82, 100), (HARD, (1, 28, 151), 45.79, 45.79)]
)
def test_gulpease_meets_its_vectors(text: str, counted: tuple[int, int, int], raw: float, score: float) -> None:
    found = readability.gulpease(text)
    assert (found.sentences, found.words, found.letters) == counted
    assert (round(found.raw, 2), round(found.score, 2)) == (raw, score)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Scrive la Rossi S.r.l. di Bologna. Vedi art. 5, n. 3.", 2),
        ("L'avv. Bianchi e il dott. Neri: chi è? È lei!", 3),
        ("Costa 1.234,56 euro; alle 10:42. Tutto bene?! Sì...", 4),
        ("Ecco la Rossi S.p.A.", 1),
        ("C'è. E poi. «Fine.» Ora", 4),
        ("Senza punto", 1),
        ("Una riga\n\nun'altra", 1),
        ("... ! ?", 0),
        ("Fine. ...", 1),
    ],
)
def test_sentences_are_counted_as_people_do(text: str, sentences: int) -> None:
    assert readability.count_sentences(text) == sentences


@given(st.text(alphabet="aeiou bcd.!?;:' 123\n", max_size=80))
def test_the_score_is_always_between_nought_and_a_hundred(text: str) -> None:
    try:
        found = readability.gulpease(text)
    except ValueError:
        assert not any(c.isalnum() for c in text)
        return
    assert 0 <= found.score <= 100
    assert 1 <= found.sentences <= found.words


def test_flesch_meets_known_values() -> None:
    assert round(readability.flesch("The cat sat on the mat.").raw, 1) == 116.1
    platypus = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert round(readability.flesch(platypus).raw, 1) == 37.5


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("the", 1),
        ("document", 3),
        ("used", 1),
        ("wanted", 2),
        ("pages", 2),
        ("table", 2),
        ("people", 2),
        ("agreed", 2),
    ],
)
def test_syllables_follow_the_rules_of_thumb(word: str, syllables: int) -> None:
    assert readability.count_syllables(word) == syllables


@pytest.mark.parametrize(
    ("language", "word", "syllables"),
    [
        ("de", "Rechnung", 2), ("de", "Überweisung", 4), ("de", "schön", 1), ("de", "Zeit", 1), ("de", "12", 2),
        ("fr", "page", 1), ("fr", "documents", 3), ("fr", "envoyé", 3), ("fr", "l’adresse", 2), ("fr", "parlent", 1),
        ("es", "página", 3), ("es", "día", 2), ("es", "leer", 2), ("es", "bueno", 2), ("es", "ahí", 2),
        ("es", "mayo", 2),
    ],
)  # fmt: skip
def test_syllables_are_counted_in_each_language(language: str, word: str, syllables: int) -> None:
    count = {
        "de": readability.count_german_syllables,
        "fr": readability.count_french_syllables,
        "es": readability.count_spanish_syllables,
    }[language]
    assert count(word) == syllables


@pytest.mark.parametrize(
    ("language", "easy", "hard"),
    [
        ("de", "Wir haben Ihnen ein Papier geschickt. Ist es da?",
         "Die Inanspruchnahme vertragsgemäßer Leistungsbestandteile verpflichtet Vertragspartner unverzüglich."),
        ("fr", "Nous avons un mot pour vous. Est-il bien là ?",
         "L’acquittement immédiat des obligations contractuelles susmentionnées demeure impérativement nécessaire."),
        ("es", "Le hemos mandado una hoja. ¿La ha visto ya?",
         "El incumplimiento de las obligaciones contractuales anteriormente mencionadas ocasionará consecuencias."),
    ],
)  # fmt: skip
def test_each_language_has_a_measure_of_its_own(language: str, easy: str, hard: str) -> None:
    assert readability.measure(easy, language).score > 80
    assert readability.measure(hard, language).score < 30
    with pytest.raises(ValueError, match="no word"):
        readability.measure("…", language)


def test_the_command_explains_itself() -> None:
    plain = CliRunner().invoke(group, ["gulpease", EASY])
    assert (plain.exit_code, "Gulpease 100 of 100: easy for everybody" in plain.output) == (0, True)
    as_json = CliRunner().invoke(group, ["gulpease", HARD, "--json"])
    assert json.loads(as_json.output) == {"sentences": 1, "words": 28, "letters": 151, "raw": 45.79, "score": 45.79}
    nothing = CliRunner().invoke(group, ["gulpease", "…"])
    assert (nothing.exit_code, nothing.output) == (2, "Error: there is no word in it\n")
