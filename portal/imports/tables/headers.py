"""The names that programs of five languages give to their columns, and what each means for us.

A name is compared without accents, blanks, dots, units and casing. `iban` is never recognised by itself: a column
of that name in a list of customers is as often the customer's own account, and money would go astray.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from portal.imports.tables.amounts import CURRENCIES

# Fields of the issue, in the order in which a person thinks of them; `country` and `iban` besides.
FIELDS: Final = (
    "number", "issued_on", "due_on", "amount", "currency", "kind", "debtor_code", "debtor_name", "vat_number",
    "tax_code", "email", "phone", "language", "postcode", "settled_on", "disputed", "country", "iban",
    "salesperson",
)  # fmt: skip
REQUIRED: Final = ("number", "issued_on", "amount")
NAMES_A_DEBTOR: Final = ("debtor_name", "debtor_code", "vat_number", "tax_code")
DATES: Final = ("issued_on", "due_on", "settled_on")
# Wrong here is wrong money or the wrong debtor: two candidates stop the file. Elsewhere they are left unused.
GRAVE: Final = frozenset({*REQUIRED, *NAMES_A_DEBTOR, "due_on", "currency", "kind", "settled_on", "disputed"})

# Names that can mean nothing else win over names that can (generic). `instalment` and `residual` are amounts of
# another kind, `given_name` and `surname` halves of a name: layout.py decides what they are when they stand together.
_SPECIFIC: Final[Mapping[str, str]] = {
    "number": (
        "numerofattura numfattura nrfattura nfattura nofattura fatturan fatturanr fatturano fatturanum "
        "fatturanumero numerofatt nfatt numfatt numerodocumento numerodoc numdocumento numdoc nrdocumento nrdoc "
        "ndocumento ndoc documenton documentonr invoicenumber invoiceno invoicenr invoicenum invoiceid invoicen "
        "documentnumber documentno docnumber docno docnum billnumber rechnungsnummer rechnungsnr rechnungnr "
        "rechnungsno rgnr renr belegnummer belegnr numerofacture numfacture numerodefacture nfacture nofacture "
        "facturen numerofactura numfactura nfactura nofactura numerodefactura "
        "ndefactura ndefacture"
    ),
    "issued_on": (
        "datafattura datafatt datadocumento datadoc datadeldocumento dataemissione dataemiss dataemis emessail "
        "emessoil emissione datadiemissione invoicedate issuedate dateissued issuedon issued documentdate docdate "
        "dateofissue billdate billingdate rechnungsdatum belegdatum rechnungvom ausstellungsdatum datefacture "
        "datedefacture datedelafacture dateemission datedemission fechafactura fechadefactura fechaemision "
        "fechadeemision fechaexpedicion"
    ),
    "due_on": (
        "datascadenza datascad datadiscadenza scadenzail scadeil scadenzafattura scadenzapagamento duedate dueon "
        "datedue duedt paymentduedate maturitydate falligkeit falligkeitsdatum falligam fallig faelligkeit "
        "faelligkeitsdatum faelligam zahlbarbis echeance dateecheance datedecheance fechavencimiento "
        "fechadevencimiento fechavto vencimiento vto"
    ),
    "amount": (
        "totaledocumento totaledoc totdocumento totdoc totaledeldocumento totalefattura totalefatt totfattura "
        "importototale importofattura importodocumento importodoc importodeldocumento totaleivato "
        "totaleivainclusa importoivato importolordo totalelordo totaleeuro importo totale amount totalamount "
        "amounttotal invoiceamount invoicetotal totalinvoice grandtotal grossamount grosstotal gross total "
        "amountgross rechnungsbetrag bruttobetrag gesamtbetrag rechnungssumme brutto betrag montantttc totalttc "
        "montanttotal montantfacture montanttotalttc montant importetotal totalfactura importefactura importe"
    ),
    "instalment": (
        "importoscadenza importoscad importodellascadenza importorata instalmentamount installmentamount "
        "instalment installment"
    ),
    "residual": (
        "residuo importoresiduo saldo saldoaperto importoaperto aperto dapagare importodapagare totaledapagare "
        "daincassare importodaincassare dovuto importodovuto amountdue dueamount balance balancedue outstanding "
        "outstandingamount openamount openbalance amountopen remaining remainingamount offenerbetrag offen "
        "restbetrag resteapayer resteadu solderestant soldedu importependiente pendiente saldopendiente"
    ),
    "currency": "valuta divisa codicevaluta codvaluta currency currencycode curr ccy wahrung waehrung devise moneda",
    "kind": (
        "tipodocumento tipodoc tipodeldocumento tipofattura tipologiadocumento documenttype doctype invoicetype "
        "kind belegart rechnungsart dokumentart typedocument typedefacture typefacture tipofactura "
        "tipodedocumento tipodefactura"
    ),
    "debtor_code": (
        "codicecliente codcliente codcli codiceanagrafica idcliente clientecodice clienteid codicedebitore "
        "debtorcode debtorid customerid customercode customerno customernumber customernr customernum custid "
        "custno clientid clientcode clientnumber accountid accountcode accountno accountnumber kundennummer "
        "kundennr kundenno kdnr debitorennummer debitorennr debitor codeclient numeroclient numclient noclient "
        "codigocliente numerocliente numcliente"
    ),
    "debtor_name": (
        "ragionesociale ragsoc ragsociale denominazione denominazionecliente ragionesocialecliente nominativo "
        "intestatario intestazione nomecliente clientenome clienteragionesociale descrizionecliente customername "
        "clientname debtorname companyname accountname billto billtoname kundenname firmenname raisonsociale "
        "nomclient nomduclient razonsocial nombrecliente nombredelcliente"
    ),
    "given_name": "nome firstname givenname vorname prenom",
    "surname": "cognome surname lastname familyname nachname familienname nomdefamille apellido apellidos",
    "vat_number": (
        "partitaiva partiva piva pivacliente partitaivacliente clientepiva clientepartitaiva pivacf pivacodfisc "
        "pivacodicefiscale partitaivacodicefiscale cfpiva codicefiscalepartitaiva codfiscpiva idfiscaleiva "
        "vatnumber vatno vatnr vatid vatcode vatregistrationnumber customervat customervatnumber ustid ustidnr "
        "ustidnummer umsatzsteuerid umsatzsteueridentifikationsnummer uidnummer numerotva ntva "
        "tvaintracommunautaire numerodetva nifiva nifintracomunitario"
    ),
    "tax_code": (
        "codicefiscale codfiscale codfisc codfis cf cfcliente codicefiscalecliente clientecodicefiscale taxcode "
        "fiscalcode taxid taxnumber"
    ),
    "email": (
        "email emailcliente mailcliente indirizzoemail postaelettronica emailaddress customeremail contactemail "
        "emailadresse kundenemail courriel adresseemail adressemail correo correoelectronico"
    ),
    "phone": (
        "cellulare cell cellularecliente mobile mobilephone mobilenumber handy handynummer mobil mobiltelefon "
        "mobilnummer portable telephoneportable movil telefonomovil"
    ),
    "language": "lingua codicelingua language languagecode lang locale sprache langue idioma",
    "postcode": "cap codicepostale postcode postalcode zip zipcode plz postleitzahl codepostal codigopostal",
    "settled_on": (
        "dataincasso incassatail incassatoil incassail datasaldo saldatail saldatoil pagatail pagatoil "
        "settleddate settledon datesettled settlementdate paidon paiddate datepaid bezahltam zahlungsdatum "
        "zahlungseingang datepaiement datedepaiement payele regleele fechapago fechadepago pagadael fechacobro"
    ),
    "disputed": (
        "contestata contestato incontestazione contestazione disputed isdisputed indispute dispute reklamiert "
        "reklamation bestritten litige contestee enlitige disputada reclamada"
    ),
    "country": (
        "nazione paese codicenazione codicepaese country countrycode countryiso isocountry land landercode pays "
        "codepays pais codigopais"
    ),
    "salesperson": (
        "agente agentedivendita agentedicommercio agentecommerciale nomeagente agenteriferimento agentediriferimento "
        "venditore nomevenditore commerciale commercialediriferimento commercialeriferimento nomecommerciale "
        "responsabilecommerciale salesperson salespersonname salesrep salesrepname salesrepresentative salesman "
        "salesagent accountmanager salesowner verkaufer vertreter aussendienst vertriebsmitarbeiter betreuer "
        "commercial vendeur representant chargedaffaires vendedor comercial agentecomercial"
    ),
}  # fmt: skip
_GENERIC: Final[Mapping[str, str]] = {
    "number": "numero num nr n no fattura invoice number documento bill rechnung beleg facture factura",
    "issued_on": "data date datum fecha",
    "due_on": "scadenza scad due paymentdue maturity zahlbar",
    "kind": "tipo type art",
    "debtor_name": (
        "cliente debitore customer client debtor name company azienda ditta kunde kundin firma nom nombre societe "
        "entreprise empresa"
    ),
    "vat_number": "codiceiva vatreg",
    "email": "mail pec emailpec",
    "phone": (
        "telefono tel phone phonenumber telephone telefonocliente numerotelefono numeroditelefono telefon "
        "telefonnummer"
    ),
}  # fmt: skip
SPECIFIC: Final = {name: field for field, names in _SPECIFIC.items() for name in names.split()}
GENERIC: Final = {name: field for field, names in _GENERIC.items() for name in names.split()}

_ORDINALS = str.maketrans(dict.fromkeys("ºª°#", " "))
_UNIT = re.compile(r"(?:\s*(€)|[\s(\[_](?:in\s+)?((?i:euro|eur)|[A-Z]{3}))[)\]\s]*$")
_NOT_NAME = re.compile(r"[^a-z0-9]+", re.ASCII)


def squeeze(header: str) -> str:
    """`N° Fattura`, `n.fattura` and `N_FATTURA` are one name."""
    plain = unicodedata.normalize("NFKD", header.translate(_ORDINALS)).casefold()
    return _NOT_NAME.sub("", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def unit_of(header: str) -> tuple[str, str | None]:
    """`Importo (EUR)` → (`Importo`, `EUR`): a header may name the currency of its whole column."""
    match = _UNIT.search(header)
    if match is None:
        return header, None
    word = (match[1] or match[2]).upper()
    code = "EUR" if word in {"€", "EURO"} else word
    name = header[: match.start()].strip(" ([")
    return (name, code) if code in CURRENCIES and squeeze(name) else (header, None)


def meaning(header: str) -> tuple[str, bool] | None:
    """The field that a header names and whether it can mean nothing else; None for a header we do not use."""
    for spelling in (header, unit_of(header)[0]):
        name = squeeze(spelling)
        if name in SPECIFIC:
            return SPECIFIC[name], True
        if name in GENERIC:
            return GENERIC[name], False
    return None
