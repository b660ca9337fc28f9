"""The words of a plan: what somebody accepts and, apart from it, acknowledges; the same facts give the same words."""

from collections.abc import Sequence

from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.invoices.queries import Item
from portal.plans import schedules
from portal.plans.models import Instalment, Plan
from portal.web import i18n

EVERY: dict[str, Text] = {
    schedules.MONTH: t("every month"),
    schedules.FORTNIGHT: t("every two weeks"),
    schedules.WEEK: t("every week"),
}
ASKING = t("Asking for a plan may by itself count as acknowledging the debt. If you contest it, say so first.")


def text(face: Face, plan: Plan, items: Sequence[Item], rows: Sequence[Instalment], language: str) -> str:
    """All that is agreed, line by line, in the customer's language."""
    with i18n.speaking(language):
        said = [
            t("I pay %(total)s to %(creditor)s in instalments.", total=i18n.money(plan.total), creditor=face.name),
            t("It is about:"),
            *(_item(item) for item in items),
            t("The instalments:"),
            *(row_text(row, plan.currency) for row in rows),
            *effects(plan),
        ]
        return "\n".join(i18n.say(line) for line in said)


def _item(item: Item) -> Text:
    return t("Invoice %(number)s of %(day)s: %(open)s are open.", number=item.number, day=i18n.day(item.issued_on),
             open=i18n.money(item.open))  # fmt: skip


def row_text(row: Instalment, currency: str) -> Text:
    """One instalment in words."""
    day, amount = i18n.day(row.due_on), i18n.money(Money(row.amount_minor, currency))
    if not row.number:
        return t("at the beginning, by %(day)s: %(amount)s", day=day, amount=amount)
    return t("%(number)s. by %(day)s: %(amount)s", number=row.number, day=day, amount=amount)


def effects(plan: Plan) -> list[Text]:
    """What follows from it, both ways; said before anybody accepts (rule B-74)."""
    interest = (
        t("Agreed interest of %(interest)s is in these amounts.",
          interest=i18n.money(Money(plan.interest_minor, plan.currency)))
        if plan.interest_minor
        else t("There is no interest and no fee for paying like this.")
    )  # fmt: skip
    discount = i18n.money(Money(plan.discount_minor, plan.currency))
    let_go = [t("When all of it is paid, %(discount)s of what is open is let go of.", discount=discount)]
    return [
        interest,
        *(let_go if plan.discount_minor else []),
        t("As long as I pay as agreed, nobody reminds me of these documents and no other interest is counted."),
        t("I can pay more or all of it at any time."),
        t(
            "If an instalment is missing %(days)s days after its day, I am written to. If it is still missing "
            "%(days)s days later, the plan ends and all that is open is due at once.",
            days=plan.grace_days,
        ),
        t("Within 24 hours I can take it back. What I have paid stays paid."),
    ]


def acknowledgement(face: Face, plan: Plan, language: str) -> str:
    """The separate act, with its effect in plain words (rule C-40, arts. 1988 and 2944 c.c.)."""
    with i18n.speaking(language):
        said = t(
            "I acknowledge that I owe %(debt)s to %(creditor)s (art. 1988 of the Italian civil code). The time after "
            "which it could no longer be claimed begins again today (art. 2944).",
            debt=i18n.money(plan.debt),
            creditor=face.name,
        )
        return i18n.say(said)
