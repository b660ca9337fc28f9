"""What may be a password (rules A-66, B-20)."""

import importlib.util

import argon2
import pytest

from portal.people import passwords
from portal.web import i18n

OWN = ["giulia.ferri@rossi.example", "Giulia Ferri", "Rossi Impianti S.r.l."]


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "password1234567",
        "Password2026!!!",
        "giulia.ferri.1985",
        "rossiimpianti99",
        "123456789012345",
        "qwertyuiopasdf",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "benvenuto benvenuto",
        "fatture2026luglio",
        "x" * 200,
        "correct horse battery staple",
        "CorrectHorseBatteryStaple",
        "tiamotantissimo",
        "ti amo tantissimo",
    ],
)
def test_what_others_would_try_first_is_refused(password: str) -> None:
    assert passwords.why_not_password(password, OWN) is not None


@pytest.mark.parametrize(
    "password",
    [
        "mongolfiera bassotto tinello",
        "graffetta corretta del cavallo",
        "7gH!pq2#vLx9",
        "però città più là sopra",
        "ひらがなとカタカナと漢字を混ぜる",
    ],
)
def test_long_and_unusual_ones_are_fine(password: str) -> None:
    assert passwords.why_not_password(password, OWN) is None


def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    stored = passwords.hashed("perche\u0301 no, citta\u0300 mia")
    assert stored.startswith("$argon2id$")
    assert passwords.is_right(stored, "perch\u00e9 no, citt\u00e0 mia")
    assert not passwords.is_right(stored, "perche no, citta mia")


def test_a_password_costs_who_guesses_what_rfc_9106_asks_for() -> None:
    """Read of the module as it is installed: the tests' own hashes are cheap (tests/conftest.py)."""
    found = importlib.util.find_spec("portal.people.passwords")
    assert found is not None
    assert found.loader is not None
    installed = importlib.util.module_from_spec(found)
    found.loader.exec_module(installed)
    costs = argon2.extract_parameters(installed.hashed("mongolfiera bassotto tinello"))
    assert (costs.type, costs.time_cost, costs.memory_cost) == (argon2.Type.ID, 3, 64 * 1024)


def test_what_is_longer_than_a_password_may_be_is_nobodys() -> None:
    """Not cut to what might fit; said in a sentence where a new one is chosen."""
    longest = "quattro parole che non stanno insieme ".ljust(passwords.LONGEST, "z")
    stored = passwords.hashed(longest)
    assert passwords.is_right(stored, longest)
    assert not passwords.is_right(stored, longest + "z")
    why_not = passwords.why_not_password(longest + "z", [])
    assert why_not is not None
    assert "128" in str(i18n.say(why_not))


def test_nobody_has_no_password() -> None:
    assert not passwords.is_right(None, "")
    assert not passwords.is_right("damaged", "anything")


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",
        "leavemealone",
        "FinalFantasy7!",
        "sonyericsson99",
        "Juventus1897!!",
        "Passw0rdPassw0rd",
        "123456qwerty",
    ],
)
def test_what_was_stolen_from_others_is_refused_and_said(password: str) -> None:
    why_not = passwords.why_not_password(password, OWN)
    assert why_not is not None
    assert "lists" in str(why_not) or "easy to guess" in str(why_not)


@pytest.mark.parametrize(
    "password", ["RossiImpianti2026ok", "g.ferri@rossi.it", "FerriGiuliaFerri", "impianti.rossi.srl"]
)
def test_ones_own_names_are_no_secret(password: str) -> None:
    assert passwords.why_not_password(password, OWN) is not None
    assert passwords.why_not_password("mongolfiera bassotto tinello", OWN) is None


@pytest.mark.parametrize(
    "password",
    [
        "iloveyousomuch1",
        "buongiornoatutti",
        "Buongiorno a tutti!",
        "gestionale2026!",
        "quarantaquattrogatti",
        "nelmezzodelcammin",
        "Nel mezzo del cammin 1321",
        "lorem ipsum dolor",
        "cantautore2026",
        "fratelli d'italia",
        "Andr\u00e0 tutto bene 2020",
        "forza milan per sempre",
        "gattinoverde22",
    ],
)
def test_what_italians_say_every_day_or_know_by_heart_is_refused(password: str) -> None:
    why_not = passwords.why_not_password(password, [])
    assert why_not is not None
    assert "easy to guess" in str(why_not)


def test_words_that_do_not_belong_together_are_taken_though_each_is_known() -> None:
    for password in (
        "cane treno pizza verde notaio",
        "quattro parole che non stanno insieme",
        "sgabello rugiada perno",
    ):
        assert passwords.why_not_password(password, OWN) is None


@pytest.mark.parametrize("code", ["it", "en"])
def test_why_not_is_said_in_plain_words(code: str) -> None:
    for password in ("short", "x" * 200, "leavemealone", "giulia.ferri.1985"):
        why_not = passwords.why_not_password(password, OWN)
        assert why_not is not None
        said = i18n.say(why_not, code)
        assert said
        assert "zxcvbn" not in said
        assert "argon" not in said


def test_judging_a_long_one_takes_no_longer() -> None:
    """What zxcvbn looks at is bounded: otherwise a form would keep the server busy."""
    assert passwords.why_not_password("ab1" * 42, OWN) is not None
    assert passwords.LOOKED_AT <= 72
