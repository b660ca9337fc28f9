"""Messages of the SdI as it sends them (schemas MessaggiTypes 1.0 and 1.1), and the mails that bring them."""

from email.message import EmailMessage

OFFICE = "http://www.fatturapa.gov.it/sdi/messaggi/v1.0"
OTHERS = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0"
AT = "2026-11-20T10:15:00.000+01:00"


def message(root: str, inner: str, space: str = OTHERS) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="x.xsl"?>'
        f'<types:{root} xmlns:types="{space}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" versione="1.0">'
        f"{inner}</types:{root}>"
    ).encode()


def head(file: str, sdi_id: str) -> str:
    return f"<IdentificativoSdI>{sdi_id}</IdentificativoSdI><NomeFile>{file}</NomeFile>"


def rc(file: str, sdi_id: str = "111", number: str = "1") -> bytes:
    inner = (
        f"{head(file, sdi_id)}<DataOraRicezione>{AT}</DataOraRicezione><DataOraConsegna>2026-11-20T11:00:00.000+01:00"
        f"</DataOraConsegna><Destinatario><Codice>ABCDEFG</Codice></Destinatario><MessageId>{number}</MessageId>"
    )
    return message("RicevutaConsegna", inner)


def ns(file: str, sdi_id: str = "111", *errors: tuple[str, str], root: str = "RicevutaScarto") -> bytes:
    listed = "".join(
        f"<Errore><Codice>{code}</Codice><Descrizione>{words}</Descrizione></Errore>"
        for code, words in errors or (("00305", "IdFiscaleIVA del CessionarioCommittente non valido"),)
    )
    inner = (
        f"{head(file, sdi_id)}<DataOraRicezione>{AT}</DataOraRicezione><ListaErrori>{listed}</ListaErrori>"
        f"<MessageId>{sdi_id}9</MessageId>"
    )
    return message(root, inner)


def mc(file: str, sdi_id: str = "111") -> bytes:
    inner = (
        f"{head(file, sdi_id)}<DataOraRicezione>{AT}</DataOraRicezione>"
        "<DataMessaADisposizione>2026-11-20</DataMessaADisposizione><MessageId>4</MessageId>"
    )
    return message("RicevutaImpossibilitaRecapito", inner)


def mc_office(file: str, sdi_id: str = "111") -> bytes:
    inner = f"{head(file, sdi_id)}<DataOraRicezione>{AT}</DataOraRicezione><MessageId>4</MessageId>"
    return message("NotificaMancataConsegna", inner, OFFICE)


def about(number: str, year: int | str = 2026, position: int = 1) -> str:
    return (
        f"<RiferimentoFattura><NumeroFattura>{number}</NumeroFattura><AnnoFattura>{year}</AnnoFattura>"
        f"<PosizioneFattura>{position}</PosizioneFattura></RiferimentoFattura>"
    )


def ne(file: str, outcome: str, sdi_id: str = "111", reference: str = "", words: str = "Ordine mancante") -> bytes:
    inner = (
        f"{head(file, sdi_id)}<EsitoCommittente><IdentificativoSdI>{sdi_id}</IdentificativoSdI>{reference}"
        f"<Esito>{outcome}</Esito><Descrizione>{words}</Descrizione></EsitoCommittente><MessageId>5</MessageId>"
    )
    return message("NotificaEsito", inner, OFFICE)


def ec(outcome: str, sdi_id: str = "111", reference: str = "") -> bytes:
    inner = f"<IdentificativoSdI>{sdi_id}</IdentificativoSdI>{reference}<Esito>{outcome}</Esito>"
    return message("NotificaEsitoCommittente", inner, OFFICE)


def se(sdi_id: str = "111", reference: str = "") -> bytes:
    inner = f"<IdentificativoSdI>{sdi_id}</IdentificativoSdI>{reference}<Scarto>EN00</Scarto><MessageId>8</MessageId>"
    return message("ScartoEsitoCommittente", inner, OFFICE)


def dt(file: str, sdi_id: str = "111") -> bytes:
    inner = f"{head(file, sdi_id)}<Descrizione>Notifica</Descrizione><MessageId>6</MessageId>"
    return message("NotificaDecorrenzaTermini", inner, OFFICE)


def at(file: str, sdi_id: str = "111") -> bytes:
    inner = (
        f"{head(file, sdi_id)}<DataOraRicezione>{AT}</DataOraRicezione><MessageId>7</MessageId>"
        "<HashFileOriginale>00</HashFileOriginale>"
    )
    return message("AttestazioneTrasmissioneFattura", inner, OFFICE)


def mt(file: str, sdi_id: str = "111") -> bytes:
    inner = (
        f"{head(file, sdi_id)}<CodiceDestinatario>AAA111</CodiceDestinatario><Formato>FPR12</Formato>"
        "<TentativiInvio>1</TentativiInvio><MessageId>2</MessageId>"
    )
    return message("MetadatiInvioFile", inner, OFFICE)


def certified(*attached: tuple[str, bytes]) -> bytes:
    """A mail of certified post: the true mail inside as postacert.eml, with daticert.xml beside it."""
    inner = EmailMessage()
    inner["From"], inner["To"] = "sdi02@pec.fatturapa.it", "rossi@pec.example"
    inner["Subject"] = "Invio notifica"
    inner.set_content("In allegato una notifica.")
    for name, content in attached:
        inner.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    outer = EmailMessage()
    outer["From"], outer["To"] = "posta-certificata@pec.example", "rossi@pec.example"
    outer["Subject"] = "POSTA CERTIFICATA: Invio notifica"
    outer.set_content("Messaggio di posta certificata")
    outer.add_attachment(
        b'<?xml version="1.0"?><postacert tipo="posta-certificata" errore="nessuno"/>',
        maintype="application",
        subtype="xml",
        filename="daticert.xml",
    )
    outer.add_attachment(inner, filename="postacert.eml")
    return outer.as_bytes()
