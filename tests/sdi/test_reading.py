"""What the SdI sends is read in every wrapping; what is broken or hostile is refused in a sentence, and nothing raises."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from portal.sdi import documents as d
from portal.sdi.reading import Read, read, read_files
from tests.imports.files import fattura, signed, streamed, zipped
from tests.sdi import messages as m

FILE = "IT01234567890_11111.xml.p7m"


def one(data: bytes, name: str = "IT01234567890_11111_RC_001.xml") -> d.Message:
    (found,) = read(data, name)
    assert found.message is not None, found.refused and str(found.refused.why)
    return found.message


def refused(data: bytes, name: str = "x.xml") -> str:
    (found,) = read(data, name)
    assert found.message is None
    assert found.refused is not None
    return str(found.refused.why)


EVERY = {
    "RC": m.rc(FILE), "NS": m.ns(FILE), "MC": m.mc(FILE), "NE": m.ne(FILE, "EC01"), "DT": m.dt(FILE), "AT": m.at(FILE),
    "EC": m.ec("EC02", reference=m.about("7")), "SE": m.se(), "MT": m.mt(FILE),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(EVERY))
@pytest.mark.parametrize("wrap", ["plain", "signed", "streamed", "zip", "mail", "mail in a zip", "zip in a mail"])
def test_every_kind_in_every_wrapping(kind: str, wrap: str) -> None:
    plain = EVERY[kind]
    name = "IT01234567890_11111_XX_001.xml"
    wrapped = {
        "plain": lambda: plain,
        "signed": lambda: signed(plain),
        "streamed": lambda: streamed(plain),
        "zip": lambda: zipped({name: plain}),
        "mail": lambda: m.certified((name, plain)),
        "mail in a zip": lambda: zipped({"a.eml": m.certified((name, plain))}),
        "zip in a mail": lambda: m.certified(("tutto.zip", zipped({name: plain}))),
    }[wrap]()
    found = one(wrapped, "a.eml" if wrap == "mail" else name)
    assert (found.kind, found.sdi_id) == (kind, "111")
    assert found.fingerprint == one(plain, "another.xml").fingerprint


def test_what_a_rejection_says() -> None:
    found = one(m.ns(FILE, "00222", ("00404", "Fattura duplicata"), ("00311", "CodiceDestinatario non valido")))
    assert found.sdi_id == "222"
    assert found.file_name == FILE
    assert found.errors == (("00404", "Fattura duplicata"), ("00311", "CodiceDestinatario non valido"))
    assert found.at is not None
    assert found.at.isoformat() == "2026-11-20T09:15:00+00:00"


def test_what_an_answer_says() -> None:
    found = one(m.ne(FILE, "EC02", reference=m.about("7/PA", 2025, 3)))
    assert (found.outcome, found.description) == ("EC02", "Ordine mancante")
    assert found.reference == d.Reference("7/PA", 2025, 3)


def test_a_failed_delivery_to_an_office_is_told_from_the_others() -> None:
    assert one(m.mc_office(FILE)).tells_office
    assert not one(m.mc(FILE)).tells_office


def test_a_moment_without_a_zone_is_in_rome_and_no_moment_is_none() -> None:
    bare = m.rc(FILE).replace(b"2026-11-20T11:00:00.000+01:00", b"2026-07-20T11:00:00")
    moment = one(bare).at
    assert moment is not None
    assert moment.isoformat() == "2026-07-20T09:00:00+00:00"
    never = m.ns(FILE).replace(m.AT.encode(), b"domani")
    assert one(never).at is None
    far = m.ns(FILE).replace(m.AT.encode(), b"0001-01-01T00:00:00+14:00")
    assert one(far).at is None


def test_names_are_compared_without_what_wraps_them() -> None:
    for name in ("IT1_a.xml.p7m", "it1_A.XML", "cartella/IT1_a.xml", "b.zip!x\\IT1_a.xml.p7m"):
        assert d.stem(name) == "it1_a"
    assert d.stems("C:/x/IT1_9.zip!IT1_a.xml") == {"it1_9", "it1_a"}
    assert d.sender("IT01234567890_11111_EC_001.xml") == "IT01234567890"
    assert d.sender("messaggio.xml") == ""


BAD = {
    "an invoice": (fattura(), "This is an invoice"),
    "another root": (b"<Cane/>", "its root is Cane"),
    "another language": (m.message("RicevutaConsegna", m.head(FILE, "1"), "urn:x"), "not in the SdI's language"),
    "no language": (b"<RicevutaConsegna/>", "not in the SdI's language"),
    "no number": (m.rc(FILE, ""), "IdentificativoSdI"),
    "a number that is none": (m.rc(FILE, "1; DROP TABLE"), "IdentificativoSdI"),
    "arabic digits": (m.rc(FILE, "١٢٣"), "IdentificativoSdI"),
    "no file": (m.rc("", "1"), "NomeFile"),
    "no answer": (m.ne(FILE, "EC03"), "Esito"),
    "broken": (m.rc(FILE)[:-20], "broken or incomplete"),
    "entities": (b'<!DOCTYPE x [<!ENTITY a "b">]>' + m.rc(FILE).partition(b"?>")[2], "document type or entities"),
    "empty": (b"  \n", "nothing in this file"),
    "a picture": (b"\x89PNG\r\n\x1a\n....", "neither XML"),
    "too large": (m.rc(FILE) + b"<!-- " + b"x" * (2 * 1024**2) + b" -->", "larger than 2 MB"),
    "a signature without a message": (signed(b"<Cane/>"), "its root is Cane"),
    "a broken zip": (zipped({"a.xml": m.rc(FILE)})[:-30], "damaged"),
    "an empty zip": (zipped({}), "neither XML"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_is_no_message_is_refused_with_its_reason(name: str) -> None:
    data, why = BAD[name]
    assert why in refused(data)


def test_one_bad_member_keeps_nobody_from_the_others() -> None:
    data = zipped({"a.xml": m.rc(FILE), "b.xml": b"<Cane/>", "c.xml.p7m": signed(m.mt(FILE))})
    found = list(read(data, "tutto.zip"))
    assert [(one.file, one.message and one.message.kind) for one in found] == [
        ("tutto.zip!a.xml", "RC"),
        ("tutto.zip!b.xml", None),
        ("tutto.zip!c.xml.p7m", "MT"),
    ]


def test_the_invoice_beside_the_message_is_left_alone() -> None:
    mail = m.certified((FILE, signed(fattura())), ("IT1_1_MT_001.xml", m.mt(FILE)), ("logo.png", b"\x89PNG"))
    assert one(mail, "posta.eml").kind == "MT"


def test_a_mail_without_a_message_says_so_and_a_broken_message_too() -> None:
    assert "no message of the SdI in this mail" in refused(m.certified(("a.pdf", b"%PDF")), "posta.eml")
    assert "broken" in refused(m.certified(("IT1_1_RC_001.xml", m.rc(FILE)[:-9])), "posta.eml")


def test_a_mail_that_nests_for_ever_ends() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(3000)
    )
    assert [one.message for one in read(b"From: a@b.example\r\n" + deep, "x.eml")] == [None]
    inner = b"<a/>"
    for _ in range(12):
        inner = zipped({"a.zip": inner})
    assert "wrapped more often" in refused(inner, "x.zip")


def test_a_bomb_is_counted_while_it_comes_out() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"<" + b" " * (200 * 1024**2))
    assert "too large" in refused(buffer.getvalue(), "x.zip")


def test_a_name_that_would_steer_a_terminal_is_cleaned() -> None:
    found = one(m.rc("IT1_\u202eexe.xml"))
    assert found.file_name == "IT1_exe.xml"


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (found,) = read_files([("weg.xml", tmp_path / "weg.xml")])
    assert isinstance(found, Read)
    assert found.refused is not None
