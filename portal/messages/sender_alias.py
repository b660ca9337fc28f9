"""The name under which text messages come (rule A-72): short, one's own, and nothing that frightens or pretends."""

import re

from portal.core.text import Text, t
from portal.creditors import rules
from portal.messages import tone

LONGEST = 11
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{1,9}[A-Za-z0-9.]", re.ASCII)
_LETTERS = re.compile(r"[A-Za-z]")
# What a public body, a bank or a court would be called; an alias may be registered by its own owner only.
_INSTITUTION = re.compile(
    r"agenzia|entrate|inps|inail|comune|regione|governo|ministero|polizia|carabinieri|guardia|tribunale|procura|"
    r"poste|banca|bank|fisco|equitalia|riscossion|stato|police|court|govern|tax office|ministry",
    re.IGNORECASE,
)
_CLOSED_UP = re.compile(r"recuper|debit|insolut|sollecit|moros|credit|collect|debt|overdue", re.IGNORECASE)


def why_not_alias(alias: str) -> Text | None:
    """Why texts cannot come under this name, or None."""
    if len(alias) > LONGEST:
        return t("A sender's name for text messages has at most %(longest)s characters.", longest=LONGEST)
    if not _ALIAS.fullmatch(alias):
        return t("A sender's name for text messages has 3 to 11 letters, digits, blanks, dots or dashes.")
    if len(_LETTERS.findall(alias)) < 3:
        return t("A sender's name for text messages must not look like a number.")
    if _INSTITUTION.search(alias):
        return t("A sender's name for text messages must not look like a public body or a bank.")
    is_loud = any(tone.lexicon(tone.SENDER, alias, language) for language in tone.languages())
    if is_loud or _CLOSED_UP.search(alias) or rules.why_not_display_name(alias) is not None:
        return t("Strangers may see this name. Please take one that does not speak of debts.")
    return None
