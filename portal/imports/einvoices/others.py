"""XML that is no invoice to be read, called by its name: messages of SdI, orders, bank statements."""

from portal.core.text import Text, t
from portal.imports.documents import FileRefused, Where
from portal.imports.einvoices.xml import Element, local_name, text_at
from portal.imports.identifiers import clean

# Names of the root elements in MessaggiTypes and in the FatturaPA technical rules.
_SDI: dict[str, tuple[str, Text]] = {
    "RicevutaConsegna": ("RC", t("receipt of delivery")),
    "NotificaMancataConsegna": ("MC", t("notice of failed delivery")),
    "RicevutaImpossibilitaRecapito": ("MC", t("receipt of impossible delivery")),
    "NotificaScarto": ("NS", t("notice of rejection")),
    "RicevutaScarto": ("NS", t("notice of rejection")),
    "NotificaEsito": ("NE", t("notice of the customer's answer")),
    "NotificaEsitoCommittente": ("EC", t("the customer's answer")),
    "ScartoEsitoCommittente": ("SE", t("rejection of the customer's answer")),
    "NotificaDecorrenzaTermini": ("DT", t("notice that the time to answer has passed")),
    "AttestazioneTrasmissioneFattura": ("AT", t("certificate of transmission")),
    "MetadatiInvioFile": ("MT", t("metadata of a delivered file")),
    "FileMetadati": ("MT", t("metadata of a delivered file")),
}
_KNOWN = {
    "CrossIndustryDocument": t("an invoice in ZUGFeRD 1.0, which was replaced in 2018"),
    "SCRDMCCBDACIOMessageStructure": t("an order (Order-X)"),
    "Order": t("an order"),
    "ApplicationResponse": t("an answer to an invoice, not an invoice"),
    "Document": t("an ISO 20022 message, perhaps a bank statement"),
    "html": t("a web page"),
    "svg": t("a picture"),
}


def refuse_by_name(root: Element) -> FileRefused:
    """Why this XML is not an invoice to be read."""
    name = local_name(root)
    where = Where(path=f"/{clean(name, 60)}")
    if name in _SDI:
        code, meaning = _SDI[name]
        text = t(
            "This is not an invoice but a message of SdI (%(code)s, %(meaning)s) about the file %(file)s.",
            code=code,
            meaning=meaning,
            file=clean(text_at(root, "NomeFile"), 100) or "?",
        )
        return FileRefused("sdi_message", text, where)
    what = _KNOWN.get(name, t("an XML file whose root is %(name)s", name=clean(name, 60)))
    return FileRefused(
        "format_unknown",
        t("This is %(what)s. The portal reads FatturaPA, UBL and CII (Peppol, XRechnung, Factur-X).", what=what),
        where,
    )
