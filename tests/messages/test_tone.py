"""The tone gate: what is found and where, in whatever dress, and that ordinary words pass (C-14, C-21, C-36)."""

import re

import pytest

from portal.core.readability import gulpease
from portal.messages import levels, rendering, tone
from portal.messages.letters import placeholder
from portal.web import i18n
from tests.messages.test_texts import FACE, KEYS, LINK_ID, LINKED, SHORT, WHOLE, Page, written

ZERO_WIDTH, SOFT_HYPHEN, CYRILLIC_A = "\u200b", "\u00ad", "\u0430"


def groups(part: str, text: str, language: str = "it") -> set[str]:
    return {one.group for one in tone.check({part: text}, language)}


@pytest.mark.parametrize("part", sorted(tone.PUBLIC - {tone.SMS, tone.SENDER}))
@pytest.mark.parametrize(
    ("text", "language", "group"),
    [
        ("Sollecito di pagamento", "it", "debt"),
        ("La sua fattura è scaduta", "it", "debt"),
        ("LE FATTURE SCADUTE", "it", "debt"),
        ("I suoi débiti", "it", "debt"),
        ("Your payment is overdue", "en", "debt"),
        ("Please pay", "en", "debt"),
        ("Mancano 12,50 €", "it", "money"),
        ("Mancano EUR 1.200,00", "it", "money"),
        ("You have £ 12 here", "en", "money"),
        ("Entro il 30/04", "it", "date"),
        ("Entro il 3 marzo", "it", "date"),
        ("By March 3rd", "en", "date"),
    ],
)
def test_a_stranger_reads_no_debt_no_amount_no_date(part: str, text: str, language: str, group: str) -> None:
    assert group in groups(part, text, language)


@pytest.mark.parametrize("part", [tone.SUBJECT, tone.BODY, tone.LETTER])
@pytest.mark.parametrize(
    ("text", "language", "group"),
    [
        ("Ci rivolgeremo al nostro avvocato.", "it", "threat"),
        ("Gli AVVOCATI sono avvisati.", "it", "threat"),
        ("Segue un'azione legale.", "it", "threat"),
        ("Il tribunale decide. Poi il pignoramento.", "it", "threat"),
        ("Le conseguenze sono sue.", "it", "threat"),
        ("We will see you in court.", "en", "threat"),
        ("Our lawyers will call.", "en", "threat"),
        ("A bailiff comes to you.", "en", "threat"),
        ("Le scrive l'ufficio recupero crediti.", "it", "title"),
        ("This is the collections department.", "en", "title"),
        ("La segnaliamo alla Centrale Rischi.", "it", "register"),
        ("We tell the credit bureau.", "en", "register"),
        ("Lei risulta moroso.", "it", "shame"),
        ("Il debitore è tenuto a pagare.", "it", "shame"),
        ("You are in arrears.", "en", "shame"),
        ("È l'ultimo avviso.", "it", "pressure"),
        ("Pay immediately.", "en", "pressure"),
    ],
)
def test_no_threat_no_false_title_no_shame_anywhere(part: str, text: str, language: str, group: str) -> None:
    wanted = {group} if "moroso" not in text else {"shame"}
    if "moroso" in text:
        text = text.replace("moroso", "un cliente moroso")
    assert wanted <= groups(part, text, language)


@pytest.mark.parametrize(
    ("text", "language", "group"),
    [
        ("Lei risulta moroso da due mesi.", "it", "shame"), ("Informeremo il suo datore di lavoro.", "it", "shame"),
        ("Inizieremo azioni esecutive.", "it", "threat"), ("Iscriveremo ipoteca sulla casa.", "it", "threat"),
        ("Chiederemo il fallimento della sua azienda.", "it", "threat"), ("La citeremo in giudizio.", "it", "threat"),
        ("Faremo causa.", "it", "threat"), ("Bloccheremo le forniture.", "it", "threat"),
        ("Sospenderemo la fornitura.", "it", "threat"), ("Useremo le sedi opportune.", "it", "threat"),
        ("Affideremo la pratica a una società di recupero.", "it", "title"), ("Manderemo un esattore.", "it", "title"),
        ("We will tell your employer.", "en", "shame"), ("We will stop your supplies.", "en", "threat"),
    ],
)  # fmt: skip
def test_what_a_reader_found_to_pass_does_not(text: str, language: str, group: str) -> None:
    assert group in groups(tone.BODY, text, language)


@pytest.mark.parametrize("subject", ["EUR 100", "EUR 1200", "1200,-", "entro venerdì", "Lei risulta moroso"])
def test_no_amount_and_no_day_in_another_spelling(subject: str) -> None:
    assert groups(tone.SUBJECT, subject)


def test_what_is_saved_leaves_as_one_text_message() -> None:
    """A-70: with a link and names as they usually come; what is longer would be refused as it leaves."""
    short = "{creditor}: c'e' un documento per lei: {link}"
    assert groups(tone.SMS, short) == set()
    long = short.replace("un documento", "un documento che la aspetta sulla sua pagina, con calma, quando le va bene")
    (finding,) = [one for one in tone.check({tone.SMS: long}, "it") if one.group == "length"]
    assert int(str(finding.instead.args["units"])) > 160


@pytest.mark.parametrize(
    "word",
    [
        "TRIBUNALE", "tribunàle", f"tribu{ZERO_WIDTH}nale", f"tribu{SOFT_HYPHEN}nale", f"tribun{CYRILLIC_A}le", "t.r.i.b.u.n.a.l.e",
        "t r i b u n a l e", "tri-bu-nale", "tr1bun4le", "ｔｒｉｂｕｎａｌｅ", "(tribunale)", "«Tribunale»", "l'tribunale", "tribunali",
    ],
)  # fmt: skip
def test_a_word_is_found_in_whatever_it_is_dressed(word: str) -> None:
    found = tone.check({tone.BODY: f"Vada al {word} domani."}, "it")
    (threat,) = [one for one in found if one.group == "threat"]
    assert threat.words in f"Vada al {word} domani."
    assert str(threat.instead)


def test_hidden_signs_and_foreign_letters_are_said_to_be_there() -> None:
    assert "hidden" in groups(tone.BODY, f"do{ZERO_WIDTH}cumento")
    assert "hidden" in groups(tone.BODY, f"docum{CYRILLIC_A}nto")
    assert groups(tone.BODY, "Perché no? C'è già. Größe, œuvre.") == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "Buongiorno da Mora e Moroso. Il documento è qui. La sede legale non cambia."),
        ("it", "Ha già pagato? Allora è tutto a posto. La corte è bella. Di cortesia ce n'è."),
        ("en", "Of course. You get this as a courtesy. Is it fine? Tell us when you like."),
        ("it", "Due documenti sono da lei. Ci dica quando le va bene."),
    ],
)
def test_ordinary_words_pass(language: str, text: str) -> None:
    assert tone.check({tone.BODY: text}, language) == []


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Vada su https://rossi.example/paga", "address"), ("Vada su www.rossi.it", "address"), ("Vada su bit.ly/x1", "address"),
        ("Vada su //evil.example", "address"), ("<b>Sì</b>", "markup"), ("<img src=x>", "markup"), ("&nbsp;ciao", "markup"),
        ("url(x)", "markup"), ("{{ 7 * 7 }}", "markup"), ("{% include x %}", "markup"), ("{amount}", "placeholder"), ("{", "placeholder"),
        ("{link}", "placeholder"), ("{person.__class__}", "placeholder"),
    ],
)  # fmt: skip
def test_plain_words_only(text: str, group: str) -> None:
    assert group in groups(tone.BODY, f"Ciao. {text} Va bene.")


def test_a_person_is_named_to_the_reader_alone() -> None:
    assert groups(tone.SUBJECT, "Per {person}") == {"placeholder"}
    assert groups(tone.SMS, "Per {person}: {link}") == {"placeholder"}
    assert groups(tone.BODY, "Ecco, {person}. Va bene.") == set()


def test_a_text_message_has_its_link_once() -> None:
    assert groups(tone.SMS, "{creditor}: legga qui {link}") == set()
    assert groups(tone.SMS, "{creditor}: legga qui") == {"link"}
    assert groups(tone.SMS, "{link} {link}") == {"link"}


HARD = (
    "Con la presente si comunica che, in relazione alla posizione in oggetto, il relativo versamento risulta tuttora "
    "mancante, pertanto la invitiamo a voler provvedere."
)


def test_what_reads_hard_is_said_with_its_figure() -> None:
    (finding,) = [one for one in tone.check({tone.BODY: HARD}, "it") if one.group == "hard"]
    assert f"{gulpease(HARD).score:.0f} of 100" in str(finding.instead)
    middling = (
        "Le abbiamo inviato la comunicazione riguardante il documento. Può risponderci comodamente dalla pagina."
    )
    (reading,) = tone.reads({tone.BODY: middling}, "it", first=True)
    assert reading.least == 80
    assert 60 <= reading.score < 80
    assert tone.check({tone.BODY: middling}, "it") == []
    assert {one.group for one in tone.check({tone.BODY: middling}, "it", first=True)} == {"hard"}
    assert tone.reads({tone.BODY: "…"}, "it") == []


def test_a_language_that_nobody_wrote_in_is_named() -> None:
    assert tone.missing_languages(["it"], ["it", "en"]) == ["en"]


every_case = pytest.mark.parametrize("person", ["", "Maria Bianchi"], ids=["business", "consumer"])


@pytest.mark.parametrize(("key", "language"), [(key, language) for key in KEYS for language in i18n.languages()])
@every_case
@pytest.mark.parametrize("count", [1, 40])
def test_every_message_of_ours_passes_its_own_gate(key: str, language: str, person: str, count: int) -> None:
    """As a third party reads subject, first line and text message, and as its reader reads the rest."""
    values = {**WHOLE, "person": person, "count": count}
    subject, text, html = written(key, language, **values)
    body = text.split("\n-- \n")[0].replace(placeholder(LINK_ID), "").replace(FACE.phone or "", "")
    said = [(tone.SUBJECT, subject), (tone.PREHEADER, Page(html).preheader), (tone.BODY, body)]
    if key in SHORT:
        given = {"creditor": FACE, "link_url": "", "portal": "portale.example", "code": "123456", **values}
        said.append((tone.SMS, rendering.write_short(key, language, given)))
    if key in levels.KEYS:
        said.append((tone.LETTER, rendering.write_letter(key, language, {"creditor": FACE, **values})))
    for part, shown in said:
        assert tone.lexicon(part, shown, language) == [], shown
        assert person == "" or part not in tone.PUBLIC or person not in shown
    html = re.sub(r'href="[^"]+\?n=(?!10")\d+"', "", html)  # a survey's ten other numbers lead to the same page
    assert len(re.findall(r'href="', html)) == (2 if key in LINKED else 0), "one address, as a button and to copy"
    assert not re.search(r"<img|url\(|https?:|cid:", html.replace("<!DOCTYPE html>", ""))
    for reading in tone.reads({tone.BODY: body}, language, first=True):
        assert reading.score >= reading.least
