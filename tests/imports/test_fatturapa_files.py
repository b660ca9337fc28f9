"""FatturaPA as files: every way in which they are written, and what is refused with which path."""

import pytest

from tests.imports.files import fattura, invoice, warned, xml

ROOT = "/FatturaElettronica"
HEADER = f"{ROOT}/FatturaElettronicaHeader"
BODY = f"{ROOT}/FatturaElettronicaBody"
GENERAL_BELOW = "/DatiGenerali/DatiGeneraliDocumento"
DOCUMENT, PAYMENT = f"[1]{GENERAL_BELOW}", "[1]/DatiPagamento/DettaglioPagamento[1]"
SENDER = "<IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>00743110157</IdCodice></IdTrasmittente>"
ISSUED = "<Data>2026-03-02</Data>\n        <Numero>"
XXE = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
METADATA = b'<x:MetadatiInvioFile xmlns:x="y"><NomeFile>a.xml</NomeFile></x:MetadatiInvioFile>'
OLD_NAMESPACE = {
    "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2": "http://www.fatturapa.gov.it/sdi/fatturapa/v1.1"
}
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({ISSUED: "<Data>2026-13-02</Data><Numero>"}, ("date_unreadable", f"{DOCUMENT}/Data")),
        ({ISSUED: "<Data>02/03/2026</Data><Numero>"}, ("date_unreadable", f"{DOCUMENT}/Data")),
        ({"<Numero>2026/7</Numero>": ""}, ("missing", f"[2]{GENERAL_BELOW}/Numero")),
        ({"<TipoDocumento>TD04": "<TipoDocumento>TD99"}, ("kind_unknown", f"[2]{GENERAL_BELOW}/TipoDocumento")),
        ({"<Divisa>EUR": "<Divisa>EURO"}, ("currency_unknown", f"{DOCUMENT}/Divisa")),
        (
            {"<ImportoPagamento>610.00": "<ImportoPagamento>610,00"},
            ("amount_unreadable", f"{PAYMENT}/ImportoPagamento"),
        ),
        ({"<ImportoPagamento>610.00": "<ImportoPagamento>1e3"}, ("amount_unreadable", f"{PAYMENT}/ImportoPagamento")),
        (
            {"<ImportoPagamento>610.00": "<ImportoPagamento>610.001"},
            ("amount_decimals", f"{PAYMENT}/ImportoPagamento"),
        ),
        ({"<Imposta>220.00</Imposta>": ""}, ("missing", "[1]/DatiBeniServizi/DatiRiepilogo/Imposta")),
        (
            {"<DataScadenzaPagamento>2026-04-30": "<DataScadenzaPagamento>domani"},
            ("date_unreadable", f"{PAYMENT}/DataScadenzaPagamento"),
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_path_and_the_other_is_read(
    changes: dict[str, str], refused: tuple[str, str]
) -> None:
    found = xml(fattura(changes))
    assert found.refused == [(refused[0], BODY + refused[1])]
    assert len(found.documents) == 1


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        (
            {SENDER: ""},
            [
                ("missing", f"{HEADER}/DatiTrasmissione/IdTrasmittente/IdPaese"),
                ("missing", f"{HEADER}/DatiTrasmissione/IdTrasmittente/IdCodice"),
            ],
        ),
        (
            {"<CedentePrestatore>": "<Cedente>", "</CedentePrestatore>": "</Cedente>"},
            [("missing", f"{HEADER}/CedentePrestatore")],
        ),
        (
            {"<CessionarioCommittente>": "<Cessionario>", "</CessionarioCommittente>": "</Cessionario>"},
            [("missing", f"{HEADER}/CessionarioCommittente")],
        ),
    ],
)
def test_a_header_that_cannot_be_read_refuses_the_file_once(
    changes: dict[str, str], refused: list[tuple[str, str]]
) -> None:
    found = xml(fattura(changes))
    assert (found.refused, found.documents) == (refused, [])


def test_a_customer_known_by_name_or_by_number_only() -> None:
    name = "<Anagrafica><Denominazione>Officine Brenta s.r.l.</Denominazione></Anagrafica>"
    person = fattura({name: "<Anagrafica><Nome>Mario</Nome><Cognome>Rossi</Cognome></Anagrafica>"})
    assert xml(person).documents[0].debtor.name == "Mario Rossi"
    nameless = xml(fattura({name: ""})).documents[0]
    assert nameless.debtor.name == "07973780013"
    assert "debtor_name_missing" in warned(nameless)
    vat = "<IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>07973780013</IdCodice></IdFiscaleIVA>"
    nobody = fattura({name: "", vat: "", "<CodiceFiscale>07973780013</CodiceFiscale>": ""})
    assert xml(nobody).refused == [("debtor_missing", f"{HEADER}/CessionarioCommittente")]
    consumer = fattura({vat: "", "<CodiceFiscale>07973780013": "<CodiceFiscale>rccmnl83s18d969h"})
    assert (xml(consumer).documents[0].debtor.tax_code, xml(consumer).documents[0].debtor.kind) == (
        "RCCMNL83S18D969H", "consumer",
    )  # fmt: skip


def test_no_currency_is_assumed_and_said() -> None:
    document = xml(invoice().replace(b"<Divisa>EUR</Divisa>", b"")).one
    assert document.currency == "EUR"
    assert "currency_assumed" in warned(document)


SIMPLIFIED = """<p:FatturaElettronicaSemplificata versione="FSM10"
    xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0"><FatturaElettronicaHeader>
  <DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>00743110157</IdCodice></IdTrasmittente>
    <ProgressivoInvio>1</ProgressivoInvio><FormatoTrasmissione>FSM10</FormatoTrasmissione></DatiTrasmissione>
  <CedentePrestatore><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>00743110157</IdCodice></IdFiscaleIVA>
    <Denominazione>Fonderia Esempio</Denominazione></CedentePrestatore>
  <CessionarioCommittente><IdentificativiFiscali><CodiceFiscale>07973780013</CodiceFiscale></IdentificativiFiscali>
    <AltriDatiIdentificativi><Denominazione>Brenta</Denominazione><Sede><CAP>35121</CAP><Nazione>IT</Nazione></Sede>
    </AltriDatiIdentificativi></CessionarioCommittente></FatturaElettronicaHeader>
<FatturaElettronicaBody xmlns=""><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD08</TipoDocumento>
  <Divisa>EUR</Divisa><Data>2026-03-02</Data><Numero>S7</Numero></DatiGeneraliDocumento>
  <DatiFatturaRettificata><NumeroFR>S1</NumeroFR><DataFR>2026-02-01</DataFR></DatiFatturaRettificata></DatiGenerali>
  <DatiBeniServizi><Descrizione>a</Descrizione><Importo>12.20</Importo><DatiIVA><Imposta>2.20</Imposta></DatiIVA></DatiBeniServizi>
  <DatiBeniServizi><Descrizione>b</Descrizione><Importo>1.00</Importo><DatiIVA><Aliquota>22.00</Aliquota></DatiIVA></DatiBeniServizi>
</FatturaElettronicaBody></p:FatturaElettronicaSemplificata>"""


def test_a_simplified_credit_note() -> None:
    document = xml(SIMPLIFIED.encode()).one
    assert (document.kind, document.total.minor, document.related) == ("credit_note", 1320, ("S1",))
    assert (document.debtor.name, document.debtor.tax_code, document.debtor.postcode) == (
        "Brenta",
        "07973780013",
        "35121",
    )


@pytest.mark.parametrize(
    "content",
    [
        fattura(),
        b"\xef\xbb\xbf" + fattura(),
        b"\n\n  " + fattura(),
        fattura() + b"\r\n\0\0\x1a",
        fattura().partition(b"?>\n")[2],
        fattura({DECLARATION: '<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><!-- hi -->'}),
        fattura({'encoding="UTF-8"': 'encoding="UTF-16"'}).decode().encode("utf-16"),
        fattura({'encoding="UTF-8"': 'encoding="windows-1252"'}),
        fattura({"fatture/v1.2": "fatture/v1.0"}),
        fattura(OLD_NAMESPACE),
        fattura({"<p:Fattura": "<Fattura", "</p:Fattura": "</Fattura", "xmlns:p=": "xmlns="}),
        fattura({"<Data>2026-03-02</Data>": "<Data>\n 2026 - 03 -02 </Data>"}),
        fattura({"<Data>2026-03-02</Data>": "<Data>2026-03-02+01:00</Data>"}),
        fattura({"<ImportoTotaleDocumento>1220.00": "<ImportoTotaleDocumento>\n  1220.00\n "}),
        fattura({"<Numero>2026/101</Numero>": "<Numero><![CDATA[2026/101]]></Numero>"}),
        fattura({"<Numero>2026/101</Numero>": "<Numero>2026<!-- x -->/101</Numero>"}),
    ],
)
def test_every_way_in_which_the_same_file_is_written(content: bytes) -> None:
    found = xml(content)
    assert found.refusals == []
    assert [(d.number, d.issued_on.isoformat(), d.total.minor) for d in found.documents] == [
        ("2026/101", "2026-03-02", 122000),
        ("2026/7", "2026-03-20", 12200),
    ]


def test_accents_in_every_encoding() -> None:
    name = {"Officine Brenta": "Perché Nò – Società"}
    for content, noted in (
        (fattura(name), set()),
        (fattura({**name, 'encoding="UTF-8"': 'encoding="windows-1252"'}).decode().encode("cp1252"), set()),
        (fattura(name).decode().encode("cp1252"), {"encoding_assumed"}),
        (fattura(name).partition(b"?>\n")[2].decode().encode("cp1252"), {"encoding_assumed"}),
    ):
        found = xml(content)
        assert found.documents[0].debtor.name == "Perché Nò – Società s.r.l."
        assert found.noted == noted


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b"<a><b></a>", "xml_broken", "line 1"),
        (b"<FatturaElettronica", "xml_broken", "line 1"),
        (fattura()[:2000], "xml_broken", "line 46"),
        (b"<html><body>404</body></html>", "format_unknown", "/html"),
        (b'<Invoice xmlns="urn:example:another:Invoice-2"/>', "format_unknown", "/Invoice"),
        (
            b'<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>',
            "format_unknown",
            "/CrossIndustryDocument",
        ),
        (b"<Order/>", "format_unknown", "/Order"),
        (b"<FatturaElettronica/>", "missing", f"{HEADER}"),
        (METADATA, "sdi_message", "/MetadatiInvioFile"),
        (b'<x:RicevutaConsegna xmlns:x="y"/>', "sdi_message", "/RicevutaConsegna"),
        (b'<x:NotificaScarto xmlns:x="y"/>', "sdi_message", "/NotificaScarto"),
        (b'<?xml version="1.0" encoding="utf-7"?>+ADw-x/>', "encoding_unknown", "the whole file"),
        (b"<x>" + b"<a/>" * 900_000 + b"</x>", "too_large", "the whole file"),
        (b"<x>" + b"a" * 13_000_000 + b"</x>", "too_large", "the whole file"),
        (b"<a>" * 5000 + b"</a>" * 5000, "xml_broken", "line 1"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml_dtd", "the whole file"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "xml_dtd", "the whole file"),
        (XXE.encode("utf-16"), "xml_dtd", "the whole file"),
    ],
)
def test_other_xml_is_refused_by_its_name(content: bytes, code: str, where: str) -> None:
    assert xml(content).refused == [(code, where)]


def test_a_message_of_sdi_is_told_from_an_invoice() -> None:
    found = xml(b'<x:NotificaScarto xmlns:x="y"><NomeFile>IT01_1.xml</NomeFile></x:NotificaScarto>')
    assert str(found.refusals[0].message) == (
        "This is not an invoice but a message of SdI (NS, notice of rejection) about the file IT01_1.xml."
    )


def test_many_bodies_are_each_read_once() -> None:
    one = fattura()
    start, end = one.index(b"  <FatturaElettronicaBody>"), one.index(b"</p:FatturaElettronica>")
    found = xml(one[:end] + one[start:end] * 300 + one[end:])
    assert len(found.documents) == 602
    assert str(found.documents[-1].where) == f"{BODY}[602]"
