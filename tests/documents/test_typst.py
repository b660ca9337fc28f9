"""PDF documents: the same bytes for the same data, readable aloud, and unbroken by whatever names contain."""

import copy
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pypdf import PdfReader

from portal.core import banking, qr
from portal.documents.typst import MAX_TEXT, TEMPLATES, render_pdf
from portal.payments.methods.bank_transfer import epc
from tests.conftest import CORPUS
from tests.core import pictures

IBAN = "IT60X0542811101000000123456"
PAYLOAD = epc.encode(
    epc.EpcPayment(
        name="Rossi Impianti S.r.l.",
        iban=IBAN,
        amount=epc.read_amount("734.56"),
        reference="RF17FT2026000123",
    )
)
ITALIAN: dict[str, Any] = {
    "made_at": "2026-11-21T10:00:00Z",
    "title": "Fattura 2026/123",
    "creditor": {"name": "Rossi Impianti S.r.l.", "lines": ["Via Emilia 118, 40026 Imola (BO)", "IT01234567890"]},
    "debtor": {"caption": "A", "name": "Officina Bianchi & Figli", "lines": ["Via dei Mille 7", "48018 Faenza"]},
    "facts": [["Numero", "2026/123"], ["Data", "15 settembre 2026"], ["Scadenza", "15 dicembre 2026"]],
    "notice": "Questa è una copia di cortesia.",
    "lines": {
        "heading": "Di cosa si tratta",
        "columns": ["Descrizione", "Quantità", "Importo"],
        "rows": [["Manutenzione", "1", "1.234,56 €"]],
    },
    "totals": [["Imponibile", "1.011,93 €"], ["IVA 22 %", "222,63 €"], ["Totale", "1.234,56 €"]],
    "due_items": {
        "heading": "Scadenze",
        "columns": ["Scadenza", "Importo", "Pagato", "Da pagare"],
        "rows": [
            ["15 novembre 2026", "500,00 €", "500,00 €", "0,00 €"],
            ["15 dicembre 2026", "734,56 €", "0,00 €", "734,56 €"],
        ],
    },
    "open": [["Ancora da pagare", "734,56 €"]],
    "pay": {
        "heading": "Come pagare",
        "intro": "Con un bonifico.",
        "fields": [
            {"label": "Beneficiario", "value": "Rossi Impianti S.r.l."},
            {"label": "IBAN", "value": banking.group_iban(IBAN), "code": True},
            {"label": "Causale", "value": banking.group_by_four("RF17FT2026000123"), "code": True},
        ],
        "qr": {
            "svg": qr.svg(PAYLOAD, "Codice QR").svg.encode(),
            "alt": "Codice QR per il bonifico",
            "label": "Paga con bonifico",
        },
    },
    "closing": ["Se qualcosa non torna, chiami Maria Neri allo 0542 123456."],
    "footer": "Rossi Impianti S.r.l. · Fattura 2026/123",
    "page_of": "Pagina %(page)s di %(pages)s",
}
# Only what must be there, in English.
ENGLISH: dict[str, Any] = {
    "made_at": "2026-11-21T11:00:00+01:00",
    "title": "Invoice 2026/123",
    "creditor": {"name": "Rossi Impianti S.r.l.", "lines": []},
    "debtor": {"name": "Acme Ltd", "lines": []},
    "facts": [["Number", "2026/123"]],
    "due_items": {"heading": "Due items", "columns": ["Due on", "Open"], "rows": [["15 December 2026", "€1.00"]]},
    "footer": "Rossi Impianti S.r.l.",
    "page_of": "Page %(page)s of %(pages)s",
}

HOSTILE = [
    '#eval("1 + 1") #panic("out") #image("/etc/passwd")',
    "$x^2$ *bold* _italic_ `raw` @reference <label> = heading \\ \\u{41} // comment",
    '"); sys.inputs; ("',
    "<b>Rossi</b> & <script>alert(1)</script>",
    "{{ 7 * 7 }} %(page)s %s",
    "Rossi \u202elrs\u202c S.r.l.\u200f",
    "شركة الاختبار · חברת הבדיקה · Ελληνικά · Кириллица",
    "你好世界 👩‍👩‍👧 🇮🇹 ก็็็็",
    "\x00\x01\x1b[31m\x7f\x85\ufeff\ue000\U0010ffff\ud800",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "W" * 10_000,
    "parola lunga " * 800,
    "riga\n" * 200,
    "".join(map(chr, range(0x4E00, 0x4E00 + 3000))),
    "",
    "\u200b\u00ad ",
]


def pages(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages(pdf).pages))


def everywhere(value: Any, text: str) -> Any:
    """The same document with `text` in place of each of its texts."""
    if isinstance(value, str):
        return text
    if isinstance(value, dict):
        return {key: inner if key == "made_at" else everywhere(inner, text) for key, inner in value.items()}
    return [everywhere(inner, text) for inner in value] if isinstance(value, list) else value


def with_name(name: str) -> dict[str, Any]:
    data = copy.deepcopy(ITALIAN)
    data["debtor"]["name"] = name
    return data


def test_everything_stands_on_one_page_in_order() -> None:
    pdf = render_pdf("invoice", ITALIAN, "it")
    assert len(pages(pdf).pages) == 1
    text = text_of(pdf)
    in_order = [
        "Rossi Impianti S.r.l.",
        "IT01234567890",
        "Officina Bianchi & Figli",
        "Fattura 2026/123",
        "15 settembre 2026",
        "copia di cortesia",
        "Manutenzione",
        "Totale 1.234,56 €",
        "15 novembre 2026 500,00 € 500,00 € 0,00 €",
        "Ancora da pagare 734,56 €",
        "IT60 X054 2811 1010 0000 0123 456",
        "RF17 FT20 2600 0123",
        "Paga con bonifico",
        "Maria Neri",
    ]
    places = [text.index(piece) for piece in in_order]
    assert places == sorted(places)
    assert "Pagina 1 di 1" in text


def test_what_is_optional_may_be_left_out() -> None:
    text = text_of(render_pdf("invoice", ENGLISH, "en"))
    assert "Invoice 2026/123" in text
    assert "Page 1 of 1" in text


def test_the_same_data_gives_the_same_bytes() -> None:
    assert render_pdf("invoice", ITALIAN, "it") == render_pdf("invoice", copy.deepcopy(ITALIAN), "it")
    assert render_pdf("invoice", ITALIAN, "it") != render_pdf("invoice", with_name("Altri"), "it")
    later = ITALIAN | {"made_at": "2026-11-21T10:00:01Z"}
    assert render_pdf("invoice", later, "it") != render_pdf("invoice", ITALIAN, "it")


def test_it_is_made_for_keeping_and_for_reading_aloud() -> None:
    reader = pages(render_pdf("invoice", ENGLISH, "en"))
    assert reader.metadata is not None
    assert reader.metadata.title == "Invoice 2026/123"
    assert str(reader.metadata.creation_date) == "2026-11-21 10:00:00+00:00"
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"].value is True
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def test_only_fonts_of_the_wheel_are_used_and_embedded() -> None:
    """A system font would make other bytes on another machine."""
    families = set()
    for page in pages(render_pdf("invoice", with_name("你好 Ж א ع ABC"), "it")).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            [descendant] = font["/DescendantFonts"]
            families.add(descendant.get_object()["/BaseFont"].partition("+")[2])
            assert {"/FontFile2", "/FontFile3"} & descendant.get_object()["/FontDescriptor"].keys()
    assert families
    assert all(name.startswith(("LibertinusSerif", "DejaVuSansMono", "NewCM")) for name in families)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_the_document(text: str) -> None:
    for data in (with_name(text), everywhere(ITALIAN, text)):
        assert len(pages(render_pdf("invoice", data, "it")).pages) >= 1


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_markup_is_shown_and_not_obeyed(text: str) -> None:
    shown = text_of(render_pdf("invoice", with_name(text), "it"))
    assert "".join(text.split()) in "".join(shown.split())


def test_invisible_characters_are_left_out() -> None:
    shown = text_of(render_pdf("invoice", with_name("Ros\u202esi\x00 \u200fS.\ue000r\ufeff.l\u2069."), "it"))
    assert "Rossi S.r.l." in shown.replace("Rossi Impianti S.r.l.", "")


def test_what_no_font_can_show_is_marked_and_the_rest_stays() -> None:
    shown = text_of(render_pdf("invoice", with_name("Bar 你好 di Zoë 😀"), "it"))
    assert "Bar \ufffd\ufffd di Zoë \ufffd" in shown


def test_long_texts_are_cut_and_long_words_stay_on_the_page() -> None:
    reader = pages(render_pdf("invoice", with_name("W" * (MAX_TEXT + 1000)), "it"))
    shown = "".join(page.extract_text() for page in reader.pages)
    assert shown.count("W") == MAX_TEXT
    assert len(reader.pages) > 2


def test_a_mail_address_can_be_copied() -> None:
    address = "amministrazione.clienti@rossi-impianti.it"
    assert address in text_of(render_pdf("invoice", ITALIAN | {"closing": [address]}, "it"))


def test_a_long_table_goes_on_with_its_header() -> None:
    data = copy.deepcopy(ITALIAN)
    data["lines"]["rows"] = [[f"Voce {number}", "1", "10,00 €"] for number in range(120)]
    reader = pages(render_pdf("invoice", data, "it"))
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) > 2
    assert ["Descrizione" in text for text in texts[:3]] == [True, True, True]
    assert all(f"Pagina {number} di {len(texts)}" in text for number, text in enumerate(texts, 1))
    assert re.findall(r"Voce (\d+)", "".join(texts)) == [str(number) for number in range(120)]


@given(st.text(max_size=200))
@hypothesis_settings(max_examples=25)
def test_any_name_makes_a_document(name: str) -> None:
    assert render_pdf("invoice", with_name(name), "it").startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("template", "language"),
    [
        ("nothing", "it"),
        ("../layout", "it"),
        ("invoice.typ", "it"),
        ("", "it"),
        ("invoice", "IT"),
        ("invoice", 'it"'),
    ],
)
def test_only_known_documents_and_languages(template: str, language: str) -> None:
    with pytest.raises(ValueError, match=r"no such document|not a language"):
        render_pdf(template, ITALIAN, language)


@pytest.mark.parametrize("made_at", ["", "yesterday", "2026-11-21T10:00:00", "2026-11-21"])
def test_the_time_must_be_given_with_its_zone(made_at: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|Invalid isoformat"):
        render_pdf("invoice", ITALIAN | {"made_at": made_at}, "it")


def test_values_must_be_texts_already() -> None:
    with pytest.raises(TypeError, match="int"):
        render_pdf("invoice", ITALIAN | {"totals": [["Totale", 1234]]}, "it")


def test_a_missing_part_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(typst.TypstError, match="due_items"):
        render_pdf("invoice", {key: value for key, value in ITALIAN.items() if key != "due_items"}, "it")


def test_the_code_on_the_paper_is_read_back(tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    (tmp_path / "invoice.pdf").write_bytes(render_pdf("invoice", ITALIAN, "it"))
    draw = ["pdftoppm", "-gray", "-r", "110", "-singlefile", "invoice.pdf", "page"]
    subprocess.run(draw, cwd=tmp_path, check=True, capture_output=True)
    _, size, _, pixels = (tmp_path / "page.pgm").read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert pictures.read_qr([pixels[y * width : (y + 1) * width] for y in range(height)]) == PAYLOAD


def test_templates_fetch_nothing_and_evaluate_nothing() -> None:
    templates = sorted(TEMPLATES.glob("*.typ"))
    assert [template.stem for template in templates] == [
        "agreement", "invoice", "layout", "letter", "month", "receipt", "settlement", "statement",
    ]  # fmt: skip
    for template in templates:
        source = template.read_text(encoding="utf-8")
        assert not re.search(r"@preview|@local|#?\beval\(|\bread\(|\bplugin\(|https?:", source), template.name


@pytest.mark.corpus
def test_no_naughty_string_breaks_the_document() -> None:
    folder = CORPUS / "bad-input"
    if not folder.exists():
        pytest.skip(f"the corpus is not beside the project ({folder})")
    listed = folder / "strings" / "big-list-of-naughty-strings__blns.json"
    strings = json.loads(listed.read_text(encoding="utf-8"))
    files = [*folder.glob("strings/*.txt"), *folder.glob("xss/*.txt"), *folder.glob("svg-xml-xss/*")]
    strings += [path.read_text(encoding="utf-8", errors="surrogateescape") for path in files]
    assert len(strings) > 500
    for batch in (strings[at : at + 30] for at in range(0, len(strings), 30)):
        data = copy.deepcopy(ITALIAN)
        data["debtor"]["lines"] = batch
        data["facts"] = [[text, text] for text in batch]
        data["lines"]["rows"] = [[text, text, text] for text in batch]
        assert render_pdf("invoice", data, "it").startswith(b"%PDF-")
