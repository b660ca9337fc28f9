"""The files that a creditor's own system would write: a table of invoices, an e-invoice for a credit note."""

from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from portal.simulator.world import Billed

_HEADINGS = "Numero;Data;Scadenza;Importo;Codice cliente;Ragione sociale;Saldata il"


def _euro(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def table(rows: Sequence[Billed]) -> bytes:
    """As Italian programs export: semicolons, decimal commas."""
    lines = [_HEADINGS]
    for row in rows:
        days = [f"{day:%Y-%m-%d}" if day else "" for day in (row.issued_on, row.due_on, row.settled_on)]
        lines.append(
            ";".join((row.number, days[0], days[1], _euro(row.minor), row.person.code, row.person.name, days[2]))
        )
    return ("\n".join(lines) + "\n").encode()


def credit_note(row: Billed) -> bytes:
    """FatturaPA TD04 over one line, naming the invoice that it corrects."""
    person, gross = row.person, Decimal(row.minor) / 100
    identity = (
        f"<IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{person.vat_number[2:]}</IdCodice></IdFiscaleIVA>"
        if person.vat_number
        else f"<CodiceFiscale>{person.tax_code}</CodiceFiscale>"
    )
    related = f"<DatiFattureCollegate><IdDocumento>{row.related}</IdDocumento></DatiFattureCollegate>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><p:FatturaElettronica versione="FPR12" '
        'xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"><FatturaElettronicaHeader>'
        "<DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdTrasmittente>"
        "<ProgressivoInvio>1</ProgressivoInvio><FormatoTrasmissione>FPR12</FormatoTrasmissione>"
        "<CodiceDestinatario>0000000</CodiceDestinatario></DatiTrasmissione><CedentePrestatore><DatiAnagrafici>"
        "<IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdFiscaleIVA><Anagrafica>"
        f"<Denominazione>{row.house.name} S.r.l.</Denominazione></Anagrafica><RegimeFiscale>RF01</RegimeFiscale>"
        "</DatiAnagrafici><Sede><Indirizzo>Via Roma 1</Indirizzo><CAP>40121</CAP><Comune>Bologna</Comune>"
        "<Nazione>IT</Nazione></Sede></CedentePrestatore><CessionarioCommittente><DatiAnagrafici>"
        f"{identity}<Anagrafica><Denominazione>{escape(person.name)}</Denominazione></Anagrafica></DatiAnagrafici>"
        "<Sede><Indirizzo>Via Po 2</Indirizzo><CAP>40121</CAP><Comune>Bologna</Comune><Nazione>IT</Nazione></Sede>"
        "</CessionarioCommittente></FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali>"
        f"<DatiGeneraliDocumento><TipoDocumento>TD04</TipoDocumento><Divisa>EUR</Divisa><Data>{row.issued_on}</Data>"
        f"<Numero>{row.number}</Numero><ImportoTotaleDocumento>{gross:.2f}</ImportoTotaleDocumento>"
        f"</DatiGeneraliDocumento>{related if row.related else ''}</DatiGenerali><DatiBeniServizi><DettaglioLinee>"
        f"<NumeroLinea>1</NumeroLinea><Descrizione>Reso</Descrizione><PrezzoUnitario>{gross:.2f}</PrezzoUnitario>"
        f"<PrezzoTotale>{gross:.2f}</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N2.2</Natura>"
        "</DettaglioLinee><DatiRiepilogo><AliquotaIVA>0.00</AliquotaIVA><Natura>N2.2</Natura>"
        f"<ImponibileImporto>{gross:.2f}</ImponibileImporto><Imposta>0.00</Imposta></DatiRiepilogo></DatiBeniServizi>"
        "</FatturaElettronicaBody></p:FatturaElettronica>"
    ).encode()
