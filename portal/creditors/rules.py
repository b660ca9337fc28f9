"""What a creditor may be called before strangers (rules A-27, C-21), and what its bank account may be."""

import re
import unicodedata

from portal.core import banking
from portal.core.text import Text, t

# Stems over letters without accents, `ue` standing for `ü` as well. A word that is also an ordinary name or trade is
# here only together with what makes it speak of debts: Mora, Moroso and Scaduto are families, metals are recovered,
# shops have collections, banks give credit.
_IT = (
    r"\bdebit(?:o|i|or\w*|ric\w*)?\b", "indebitat", "indebitament", "insolut", "insolven", "sollecit", "arretrat",
    r"\bmoros(?:i|a|e|ita)\b", r"\bmoroso (?:client|pagator)", r"(?:client\w|pagator\w|utent\w) moros",
    r"\b(?:in|di) mora\b", r"\bmora (?:del )?(?:credit|debit)", r"\bscadut[aei]\b",
    r"(?:pagament|import|credit|sald|cont|termin)o scaduto", r"\b(?:uffici|agenzi)\w+ (?:di )?recuper",
    r"recuper\w* ?(?:\w+ ){0,2}?(?:credit|somm|giudizial|extragiudizial|stragiudizial)", "ingiunzion",
    r"ufficial\w giudiziari", "pignora",
    r"\bdiffid[ae]\b", r"pagament\w urgent", r"urgent\w pagament", r"credit\w in sofferenza", r"\bnpl\b",
)  # fmt: skip
_EN = (
    r"\bdebt", "indebted", r"\boverdue", r"\bpast due\b", r"\bunpaid\b", r"\barrears?\b", "delinquen",
    r"\bbailiffs?\b", r"\burgent payment", "payment urgent",
    r"(?:debt|credit|payment|claim|money|account|fee)s? ?(?:collect|recover)",
    r"\bcollections? (?:agenc|department|dept|office|team|service|notice|unit)",
    r"\bdunning (?:letter|notice|process|department|service|team)", r"\bfinal (?:notice|demand|reminder)",
    r"\b(?:last|payment) reminder", r"\bdefault notice", "foreclos", "repossess",
)  # fmt: skip
_DE = (
    r"\bschulden", "schuldner", "verschuld",
    r"\bmahn(?:ung|wesen|bescheid|verfahren|schreib|abteil|stelle|gebuhr|gebuehr)", "inkasso", "uberfallig",
    "ueberfaellig", "zahlungs(?:verzug|erinner|ruck|rueck|auffor|unfah|unfaeh)",
    r"\bru(?:e)?ckst(?:a|ae)nd", r"\bsa(?:e)?umig", "forderungs(?:man|einz|eintr|ausf|betreib)", r"offene forderung",
    "gerichtsvollzieh", "vollstreck", r"\bpfa(?:e)?ndung", r"\bunbezahlt",
)  # fmt: skip
_FR = (
    r"\bdettes?\b", r"\bdebit(?:eur|rice)", "endettement", "endette", "impaye", "recouvrement", "contentieux",
    r"\brelances? (?:de |des |client|factur|impay|paiement)", r"\blettres? de relance", r"\bdernier (?:rappel|avis)",
    "mise en demeure", r"\bhuissiers?\b", r"retards? de paiement", "injonction de payer",
    r"\bcreances? (?:dout|echu|en retard)",
)  # fmt: skip
_ES = (
    r"\bdeudas?\b", "deudor", "endeudad", r"\bmoros(?:os|as|idad)\b", r"\bimpag(?:o|os|ad\w+)\b", r"\brecobros?\b",
    r"\bcobrador", r"\bcobros? (?:judicial|extrajudicial|de (?:deud|impag|factur|moros))", r"gestion de cobros?\b",
    r"(?:pag|factur|recib|cuot)[oa]s? (?:vencid|atrasad)", "requerimiento de pago",
)  # fmt: skip
_OF_DEBT = re.compile("|".join((*_IT, *_EN, *_DE, *_FR, *_ES)))


def _plain(name: str) -> str:
    """Small letters without accents, anything else as one blank: `Récupéro-CREDITI` is `recupero crediti`."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = (c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in letters)
    return " ".join("".join(kept).split())


def why_not_display_name(name: str) -> Text | None:
    """Why this name cannot be shown before the gate, or None."""
    if _OF_DEBT.search(_plain(name)):
        return t("Strangers may see this name. Please take one that does not speak of debts.")
    return None


def why_not_account(iban: str, bic: str | None, holder: str) -> dict[str, Text]:
    """What is wrong with a bank account, by field; nothing when money can be sent there."""
    wrong: dict[str, Text] = {}
    why_not = banking.why_not_iban(iban)
    if why_not is not None:
        wrong["iban"] = why_not
    elif not banking.is_sepa(iban):
        wrong["iban"] = t("SEPA credit transfers do not reach the country of this IBAN.")
    if bic and not banking.is_bic(bic):
        wrong["bic"] = t("A BIC has 8 or 11 letters and digits, for example UNCRITMM.")
    if not holder:
        wrong["holder"] = t("Please write who the account belongs to, as the bank knows it.")
    return wrong
