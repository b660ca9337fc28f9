"""Why a customer cannot be reached, and what helps, as the creditor's people read it in the case."""

from portal.cases import kinds
from portal.core.text import Text, t

CAUSES: dict[str, Text] = {
    kinds.NO_WAY: t("What we sent came back. Ask for another address by telephone or letter."),
    kinds.COMPLAINED: t("Our message was called unwanted. Call them, or write a letter."),
}
