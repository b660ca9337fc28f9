"""When a person's data may be erased, and why not yet."""

from dataclasses import dataclass

from portal.core.text import Text, t

EVERYTHING, COURTESY = "everything", "courtesy"
WHAT: dict[str, tuple[Text, Text]] = {
    EVERYTHING: (
        t("Everything that the law does not ask us to keep"),
        t("Name, addresses, what was written on both sides, files, visits. All links are closed."),
    ),
    COURTESY: (
        t("Only what is there for courtesy"),
        t("Wishes, old addresses, courtesy messages, traces of page views. Possible while an invoice is open."),
    ),
}
REASONS: dict[str, Text] = {
    "asked": t("The customer asks for it"),
    "ended": t("We do no more business together"),
    "mistake": t("It came to us by mistake"),
}


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What is not finished, counted."""

    open_items: int = 0
    payments: int = 0
    refunds: int = 0
    contested: int = 0
    overpaid: int = 0
    questions: int = 0
    agreements: int = 0


def why_not_erase(what: str, found: Obstacles) -> list[Text]:
    """The reasons against it, all of them; what is there for courtesy may always go."""
    if what == COURTESY:
        return []
    reasons = (
        (found.open_items, t("Something is still open on an invoice.")),
        (found.payments, t("A payment is under way.")),
        (found.refunds, t("Money is on its way back.")),
        (found.contested, t("A payment is contested at the bank.")),
        (found.overpaid, t("The customer paid too much, and it is not settled yet.")),
        (found.questions, t("A question waits for an answer.")),
        (found.agreements, t("An agreement waits for a colleague.")),
    )
    return [sentence for count, sentence in reasons if count]


def why_not_decide(asked_by: str, decides: str) -> Text | None:
    """Four eyes: whoever asked does not agree as well."""
    if asked_by == decides:
        return t("You asked for it yourself. A colleague has to agree.")
    return None
