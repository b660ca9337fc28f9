"""E-invoices as they are sent to the exchange system: FatturaPA 1.2.3, FPR12, one customer to a file."""

import base64
from collections.abc import Sequence

from lxml import etree

from portal.core.money import Money
from portal.demo.company import Creditor
from portal.demo.invoices import Invoice
from portal.demo.people import Debtor, Kind

NAMESPACE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
Element = etree._Element

# What a branch holds: text, or its children in the schema's order; None leaves it out.
Content = str | None | list[tuple[str, "Content"]]


def file_name(creditor: Creditor, progressive: int) -> str:
    """`IT99900010967_00012.xml`, as the exchange system wants it."""
    return f"IT{creditor.vat_number}_{progressive:05d}.xml"


def fatturapa(
    creditor: Creditor, invoices: Sequence[Invoice], progressive: int, attachments: dict[str, bytes]
) -> bytes:
    """The XML of `invoices`, all of one customer, one body each; `attachments` are PDFs by invoice number."""
    root = etree.Element(f"{{{NAMESPACE}}}FatturaElettronica", nsmap={"p": NAMESPACE})
    root.set("versione", "FPR12")
    _grow(root, "FatturaElettronicaHeader", _header(creditor, invoices[0].debtor, progressive))
    for invoice in invoices:
        _grow(root, "FatturaElettronicaBody", _body(creditor, invoice, attachments.get(invoice.number)))
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return xml


def _grow(parent: Element, name: str, content: Content) -> None:
    if content is None:
        return
    element = etree.SubElement(parent, name)
    if isinstance(content, str):
        element.text = content
        return
    for child_name, child in content:
        _grow(element, child_name, child)


def _header(creditor: Creditor, debtor: Debtor, progressive: int) -> Content:
    certified = debtor.email if debtor.vat_number else None
    return [
        (
            "DatiTrasmissione",
            [
                ("IdTrasmittente", [("IdPaese", "IT"), ("IdCodice", creditor.vat_number)]),
                ("ProgressivoInvio", f"{progressive:05d}"),
                ("FormatoTrasmissione", "FPR12"),
                ("CodiceDestinatario", "0000000"),
                ("PECDestinatario", certified and "pec@pec." + certified.split("@")[1]),
            ],
        ),
        ("CedentePrestatore", _seller(creditor)),
        ("CessionarioCommittente", _buyer(debtor)),
    ]


def _seller(creditor: Creditor) -> Content:
    return [
        (
            "DatiAnagrafici",
            [
                ("IdFiscaleIVA", [("IdPaese", "IT"), ("IdCodice", creditor.vat_number)]),
                ("CodiceFiscale", creditor.vat_number),
                ("Anagrafica", [("Denominazione", creditor.legal_name)]),
                ("RegimeFiscale", "RF01"),
            ],
        ),
        ("Sede", _seat(creditor)),
        (
            "IscrizioneREA",
            [
                ("Ufficio", creditor.province),
                ("NumeroREA", creditor.rea_number),
                ("StatoLiquidazione", "LN"),
            ],
        ),
        ("Contatti", [("Telefono", creditor.phone.removeprefix("+39")), ("Email", creditor.email)]),
    ]


def _buyer(debtor: Debtor) -> Content:
    named_by_person = debtor.kind is Kind.CONSUMER
    vat: Content = [("IdPaese", debtor.country), ("IdCodice", debtor.vat_number)] if debtor.vat_number else None
    name: Content = (
        [("Nome", debtor.given), ("Cognome", debtor.surname)] if named_by_person else [("Denominazione", debtor.name)]
    )
    return [
        ("DatiAnagrafici", [("IdFiscaleIVA", vat), ("CodiceFiscale", debtor.tax_code), ("Anagrafica", name)]),
        ("Sede", _seat(debtor)),
    ]


def _seat(party: Creditor | Debtor) -> Content:
    return [
        ("Indirizzo", party.street),
        ("CAP", party.postcode),
        ("Comune", party.town),
        ("Provincia", party.province or None),
        ("Nazione", party.country),
    ]


def _body(creditor: Creditor, invoice: Invoice, attachment: bytes | None) -> Content:
    related: Content = None
    if invoice.credits and invoice.credits_issued_on:
        related = [("IdDocumento", invoice.credits), ("Data", invoice.credits_issued_on.isoformat())]
    return [
        ("DatiGenerali", [("DatiGeneraliDocumento", _general(invoice)), ("DatiFattureCollegate", related)]),
        ("DatiBeniServizi", _goods(invoice)),
        ("DatiPagamento", _payment(creditor, invoice)),
        ("Allegati", _attachment(invoice, attachment)),
    ]


def _general(invoice: Invoice) -> Content:
    withholding: Content = None
    if invoice.withholding:
        withholding = [
            ("TipoRitenuta", "RT02"),
            ("ImportoRitenuta", invoice.withholding.plain),
            ("AliquotaRitenuta", f"{invoice.withholding_rate / 100:.2f}"),
            ("CausalePagamento", "W"),  # building work for a condominium, art. 25-ter DPR 600/73
        ]
    return [
        ("TipoDocumento", "TD04" if invoice.credit_note else "TD01"),
        ("Divisa", invoice.currency),
        ("Data", invoice.issued_on.isoformat()),
        ("Numero", invoice.number),
        ("DatiRitenuta", withholding),
        ("ImportoTotaleDocumento", invoice.total.plain),
        ("Causale", "Nota di credito" if invoice.credit_note else "Lavori e manutenzione impianti"),
    ]


def _goods(invoice: Invoice) -> Content:
    goods: list[tuple[str, Content]] = []
    for position, line in enumerate(invoice.lines, start=1):
        detail: Content = [
            ("NumeroLinea", str(position)),
            ("Descrizione", line.description),
            ("Quantita", f"{line.quantity}.00"),
            ("PrezzoUnitario", Money(line.unit_minor, invoice.currency).plain),
            ("PrezzoTotale", Money(line.net_minor, invoice.currency).plain),
            ("AliquotaIVA", invoice.vat.rate_text),
            ("Ritenuta", "SI" if invoice.withholding else None),
            ("Natura", invoice.vat.nature),
        ]
        goods.append(("DettaglioLinee", detail))
    summary: Content = [
        ("AliquotaIVA", invoice.vat.rate_text),
        ("Natura", invoice.vat.nature),
        ("ImponibileImporto", invoice.taxable.plain),
        ("Imposta", invoice.tax.plain),
        ("EsigibilitaIVA", None if invoice.vat.nature else invoice.vat.payability),
        ("RiferimentoNormativo", invoice.vat.law),
    ]
    return [*goods, ("DatiRiepilogo", summary)]


def _payment(creditor: Creditor, invoice: Invoice) -> Content:
    if not invoice.due_items:
        return None
    block: list[tuple[str, Content]] = [("CondizioniPagamento", "TP01" if len(invoice.due_items) > 1 else "TP02")]
    for item in invoice.due_items:
        detail: Content = [
            ("Beneficiario", creditor.account_holder),
            ("ModalitaPagamento", "MP05"),
            ("DataScadenzaPagamento", item.due_on.isoformat()),
            ("ImportoPagamento", item.amount.plain),
            ("IBAN", creditor.iban),
        ]
        block.append(("DettaglioPagamento", detail))
    return block


def _attachment(invoice: Invoice, pdf: bytes | None) -> Content:
    if pdf is None:
        return None
    return [
        ("NomeAttachment", f"Fattura {invoice.number.replace('/', '-')}.pdf"),
        ("FormatoAttachment", "PDF"),
        ("DescrizioneAttachment", "Copia di cortesia"),
        ("Attachment", base64.b64encode(pdf).decode("ascii")),
    ]
