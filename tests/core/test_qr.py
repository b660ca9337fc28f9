"""QR codes: what a decoder reads back is what went in, drawn so that any page and any policy can show it."""

import json
from xml.etree import ElementTree

import pytest
import segno
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.core import qr
from portal.payments.methods.bank_transfer import epc
from portal.payments.methods.bank_transfer.epc_reading import decode
from tests.conftest import CORPUS
from tests.core import pictures

TRANSFER = epc.encode(
    epc.EpcPayment(
        name="Società Perché No",
        iban="IT60X0542811101000000123456",
        amount=epc.read_amount("1234,56"),
        reference="RF17FT2026000123",
    )
)
LINK = "HTTPS://PAGA.EXAMPLE.IT/Q/" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456"
SVG = "{http://www.w3.org/2000/svg}"


def modules_of(image: qr.QrImage) -> list[list[bool]]:
    """The dark modules again, from the strokes of the drawing."""
    stroke = ElementTree.fromstring(image.svg).findall(f"{SVG}path")[1].get("d", "")
    rows = [[False] * image.modules for _ in range(image.modules)]
    x = y = 0
    for step in stroke.replace("M", "|M").replace("m", "|m").replace("h", "|h").split("|")[1:]:
        if step[0] == "M":
            x, y = (int(float(number)) - qr.QUIET_ZONE for number in step[1:].split())
        elif step[0] == "m":
            x += int(step[1:].split()[0])
        else:
            for _ in range(int(step[1:])):
                rows[y][x] = True
                x += 1
    return rows


@pytest.mark.parametrize("data", [TRANSFER, LINK, "https://paga.example.it/l/aZ", "è", b"12345", b"\x00\xff" * 20])
def test_the_drawing_is_read_back(data: bytes | str) -> None:
    expected = data if isinstance(data, bytes) else data.encode()
    assert pictures.read_qr(pictures.from_svg(qr.svg(data, "Codice").svg)) == expected


def test_a_dark_page_keeps_it_readable() -> None:
    """The code brings its own white ground, so the page's colour does not matter."""
    assert pictures.read_qr(pictures.from_svg(qr.svg(TRANSFER, "Codice").svg, ground="black")) == TRANSFER


@given(st.binary(min_size=1, max_size=331))
@hypothesis_settings(max_examples=20)
def test_any_bytes_are_read_back(data: bytes) -> None:
    image = qr.svg(data, "Codice")
    assert image.version <= 13
    assert pictures.read_qr(pictures.from_modules(modules_of(image))) == data


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", min_size=1, max_size=80))
@hypothesis_settings(max_examples=20)
def test_capitals_make_a_smaller_code_that_is_read_back(text: str) -> None:
    image = qr.svg(text, "Codice")
    assert image.modules <= qr.svg(text.encode(), "Codice").modules
    assert pictures.read_qr(pictures.from_modules(modules_of(image))) == text.encode()


@pytest.mark.parametrize(
    ("data", "mode"),
    # Sizes that fill their version: segno begins to pad one byte too late, which readers do not mind.
    [(b"x" * 14, "byte"), (b"BCD\n" + b"x" * 102, "byte"), (b"x" * 331, "byte"), (LINK, "alphanumeric")],
)
def test_another_library_draws_the_same_code(data: bytes | str, mode: str) -> None:
    drawn = (segno.make_qr(data, error="m", boost_error=False, mode=mode, mask=mask) for mask in range(8))
    theirs = [[[bool(dark) for dark in row] for row in code.matrix] for code in drawn]
    assert modules_of(qr.svg(data, "Codice")) in theirs


def test_another_library_needs_as_large_a_code_for_a_transfer() -> None:
    theirs = segno.make_qr(TRANSFER.decode(), error="m", boost_error=False, mode="byte", encoding="utf-8")
    assert theirs.version == qr.svg(TRANSFER, "Codice").version
    assert pictures.read_qr(pictures.from_modules([list(map(bool, row)) for row in theirs.matrix])) == TRANSFER


def test_the_printed_link_is_at_most_33_modules_a_side() -> None:
    """Rule A-80: 65 characters in alphanumeric mode are a 4-M code."""
    assert len(LINK) == 65
    image = qr.svg(LINK, "Apri la fattura online")
    assert (image.version, image.modules) == (4, 33)


@pytest.mark.parametrize(("size", "version"), [(331, 13), (332, 14)])
def test_the_largest_epc_payload_is_a_version_13_code(size: int, version: int) -> None:
    assert qr.svg(b"x" * size, "Codice").version == version


def test_too_much_data_is_an_error_of_its_own() -> None:
    with pytest.raises(ValueError, match="too much data"):
        qr.svg(b"x" * 2332, "Codice")


def test_the_drawing_needs_no_style_and_no_script() -> None:
    """CSP allows neither; identifiers would clash when two codes stand on one page."""
    root = ElementTree.fromstring(qr.svg(TRANSFER, "Paga con bonifico").svg)
    allowed = {"viewBox", "role", "shape-rendering", "fill", "stroke", "d"}
    assert {name for element in root.iter() for name in element.attrib} == allowed
    assert [element.tag for element in root] == [f"{SVG}title", f"{SVG}path", f"{SVG}path"]
    assert root.get("role") == "img"


def test_the_name_is_text_and_nothing_else() -> None:
    name = 'Paga <script>alert("1")</script> & via'
    image = qr.svg(LINK, name)
    assert "<script" not in image.svg
    assert ElementTree.fromstring(image.svg).findtext(f"{SVG}title") == name


def test_a_printed_code_has_a_size() -> None:
    root = ElementTree.fromstring(qr.svg(LINK, "Codice", millimetres=30).svg)
    assert (root.get("width"), root.get("height")) == ("30mm", "30mm")
    assert ElementTree.fromstring(qr.svg(LINK, "Codice").svg).get("width") is None


@pytest.mark.corpus
def test_printed_codes_of_others_are_read() -> None:
    folder = CORPUS / "epc-qr"
    if not folder.exists():
        pytest.skip(f"the corpus is not beside the project ({folder})")
    vectors = json.loads((folder / "vectors" / "epc_qr_vectors_share.json").read_text(encoding="utf-8"))
    payloads = {vector.get("image"): vector["payload"] for vector in vectors["payload_vectors"]}
    for image in sorted((folder / "images").glob("*.png")):
        payload = pictures.read_qr(pictures.from_png(image.read_bytes()))
        assert decode(payload).ok, image.name
        if image.name in payloads:
            assert payload.decode() == payloads[image.name]
