"""Seller and customer of a FatturaPA file, ordinary or simplified."""

from portal.core.text import t
from portal.imports.documents import Party, Seller
from portal.imports.einvoices.fields import Fields, Place
from portal.imports.einvoices.xml import Element, find, text_at
from portal.imports.identifiers import (
    clean,
    is_personal,
    kind_of,
    read_country,
    read_email,
    split_tax_code,
    split_vat,
)

_LONGEST_NUMBER = 40


def read_seller(header: Element, fields: Fields, simplified: bool) -> Seller | None:
    """CedentePrestatore; refused when it is missing, for then nobody is owed."""
    block = fields.present(header, "CedentePrestatore")
    if block is None:
        return None
    data = block if simplified else fields.present(block, "DatiAnagrafici")
    if data is None:
        return None
    fields.text(data, "IdFiscaleIVA/IdCodice")
    vat = _number(text_at(data, "IdFiscaleIVA/IdCodice"))
    country = read_country(text_at(data, "IdFiscaleIVA/IdPaese"))
    return Seller(
        name=_name(data, simplified),
        vat_number=(split_vat(vat, country)[0] or None) if vat else None,
        tax_code=_number(text_at(data, "CodiceFiscale")) or None,
        country=country,
    )


def read_debtor(header: Element, fields: Fields, simplified: bool) -> Party | None:
    """CessionarioCommittente; refused when nothing at all names the customer."""
    block = fields.present(header, "CessionarioCommittente")
    if block is None:
        return None
    numbers = find(block, "IdentificativiFiscali" if simplified else "DatiAnagrafici")
    names = find(block, "AltriDatiIdentificativi") if simplified else numbers
    seat = find(names if simplified and names is not None else block, "Sede")
    vat, tax, vat_country = _numbers(numbers, fields)
    name = _name(names, simplified) if names is not None else None
    if not (name or vat or tax):
        text = t("Nothing says who the customer is: no name, VAT number or tax code.")
        fields.refuse(block, "", "debtor_missing", text)
        return None
    if not name:
        fields.warn(block, "", "debtor_name_missing", t("The customer has no name; the number stands for it."))
    pec = text_at(header, "DatiTrasmissione/PECDestinatario")
    email, doubt = read_email(pec) if pec else (None, None)
    fields.heed(doubt, header, "DatiTrasmissione/PECDestinatario")
    country = read_country(text_at(seat, "Nazione")) if seat is not None else None
    return Party(
        name=name or vat or tax or "",
        vat_number=vat,
        tax_code=tax,
        country=country or vat_country,
        email=email,
        postcode=(clean(text_at(seat, "CAP"), 16) or None) if seat is not None else None,
        kind=kind_of(vat, tax),
    )


def _numbers(data: Element | None, fields: Fields) -> tuple[str | None, str | None, str | None]:
    """VAT number, tax code and the country of the VAT number."""
    if data is None:
        return None, None, None
    country = read_country(text_at(data, "IdFiscaleIVA/IdPaese"))
    raw = text_at(data, "IdFiscaleIVA/IdCodice"), text_at(data, "CodiceFiscale")
    vat, tax, _ = checked_numbers(
        raw, country, fields, Place(data, "IdFiscaleIVA/IdCodice"), Place(data, "CodiceFiscale")
    )
    return vat, tax, country


def checked_numbers(
    raw: tuple[str, str], country: str | None, fields: Fields, vat_at: Place, tax_at: Place
) -> tuple[str | None, str | None, str | None]:
    """VAT number and tax code (`raw` is both as written) and the country that the VAT number names; doubts are
    said at their places."""
    vat, tax = _number(raw[0]), _number(raw[1])
    if vat and not tax and is_personal(vat.upper()):
        vat, tax = "", vat  # consumers are sometimes entered so
    if vat:
        vat, country, doubt = split_vat(vat, country)
        fields.heed(doubt, *vat_at)
    if tax:
        tax, doubt = split_tax_code(tax)
        fields.heed(doubt, *tax_at)
    return vat or None, tax or None, country


def _number(raw: str) -> str:
    return clean(raw, _LONGEST_NUMBER)


def _name(data: Element, simplified: bool) -> str | None:
    prefix = "" if simplified else "Anagrafica/"
    name = clean(text_at(data, f"{prefix}Denominazione"))
    if name:
        return name
    parts = (clean(text_at(data, f"{prefix}{part}")) for part in ("Nome", "Cognome"))
    return " ".join(part for part in parts if part) or None
