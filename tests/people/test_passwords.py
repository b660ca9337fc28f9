"""What may be a password (rules A-66, B-20)."""

import pytest

from portal.people import passwords

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
    ],
)
def test_what_others_would_try_first_is_refused(password: str) -> None:
    assert passwords.why_not_password(password, OWN) is not None


@pytest.mark.parametrize(
    "password",
    [
        "mongolfiera bassotto tinello",
        "correct horse battery staple",
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


def test_nobody_has_no_password() -> None:
    assert not passwords.is_right(None, "")
    assert not passwords.is_right("damaged", "anything")
