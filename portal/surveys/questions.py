"""The second question, which a creditor may choose: what it is, and which answers there are."""

from collections.abc import Mapping

from portal.core.text import Text, t

CSAT, CES, YES_NO, WORDS = "csat", "ces", "yes_no", "words"

KINDS: Mapping[str, Text] = {
    CSAT: t("How satisfied are you with us? (1 to 5)"),
    CES: t("How easy was it? (1 to 7)"),
    YES_NO: t("A question of your own, answered with yes or no"),
    WORDS: t("A question of your own, answered in words"),
}
OWN = frozenset({YES_NO, WORDS})  # what the creditor puts in its own words
LONGEST_QUESTION = 160

# What its reader sees, where it is not the creditor's own.
ASKED: Mapping[str, Text] = {
    CSAT: t("How satisfied are you with how we dealt with this?"),
    CES: t("How easy was it to get this done?"),
}
ENDS: Mapping[str, tuple[Text, Text]] = {
    CSAT: (t("not at all"), t("very")),
    CES: (t("very hard"), t("very easy")),
}
SCALES: Mapping[str, range] = {CSAT: range(1, 6), CES: range(1, 8), YES_NO: range(2)}


def is_mark(kind: str | None, mark: int) -> bool:
    """Whether a number is an answer to that question."""
    return kind is not None and mark in SCALES.get(kind, ())
