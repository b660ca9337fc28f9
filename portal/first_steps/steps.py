"""The ten steps in their order (source-map 95): what each is good for, what ticks it, and where it is done."""

from dataclasses import dataclass

from portal.core.text import Text, t
from portal.people.roles import Permission


@dataclass(frozen=True, slots=True)
class Step:
    """`key` is a column of portal.first_steps.queries.done; `needs`: who may open the page behind it."""

    key: str
    title: Text
    why: Text
    ticked_by: Text
    endpoint: str
    needs: Permission = Permission.READ


STEPS = (
    Step(
        "policy",
        t("Look at your credit policy"),
        t("How much credit a customer gets, and what may be agreed with whoever cannot pay at once."),
        t("Ticked when somebody has saved the rules of plans or of credit."),
        "plans_settings.show",
        Permission.PLANS,
    ),
    Step(
        "digital",
        t("Leave paper behind"),
        t("Bring your invoices in: e-invoices, an Excel list, or both. Customers find them online."),
        t("Ticked when a first file has been taken in."),
        "imports_creditor.show_upload",
        Permission.READ_IMPORTS,
    ),
    Step(
        "history",
        t("Watch the customers you know"),
        t("What was paid before says who pays late, and how late. Bring in what is paid, too."),
        t("Ticked when the books hold a payment."),
        "figures_creditor.show",
    ),
    Step(
        "caring",
        t("Write before the due date"),
        t("A short question: did it arrive, is all well? Most of what goes wrong shows here."),
        t("Ticked when a first such message has been planned."),
        "calendar_creditor.show",
    ),
    Step(
        "sales",
        t("Bring the salespeople in"),
        t("They know the customers. Say who looks after whom, in the file or on the customer's page."),
        t("Ticked when a customer has somebody who looks after them."),
        "supervision_creditor.show_people",
    ),
    Step(
        "monthly",
        t("Look at the DSO each month"),
        t("Set a goal, or have the month's paper announced to you. What is looked at gets better."),
        t("Ticked when there is a goal, or somebody reads the month's paper."),
        "goals_creditor.show",
    ),
    Step(
        "paying",
        t("Make paying easy"),
        t("A link that leads to the invoice, and one tap to pay: by card, or by a transfer filled in."),
        t("Ticked when customers can pay by card here, or see your bank account."),
        "payments_creditor.show_settings",
        Permission.SETTINGS,
    ),
    Step(
        "timely",
        t("Act in time"),
        t("Who is reminded when, by which way, and when a colleague calls: choose it once."),
        t("Ticked when somebody has saved the calendar of contacts."),
        "cadence_settings.show",
        Permission.PLANS,
    ),
    Step(
        "talks",
        t("Practise the talk"),
        t("Good words are half of it. Keep your best answers under a name, for everybody who answers."),
        t("Ticked when there is an answer of your own."),
        "case_settings_creditor.show",
        Permission.SETTINGS,
    ),
    Step(
        "partner",
        t("Choose who helps you"),
        t("An agency sees only the customers you give it, for as long as you say. Its figures stand beside yours."),
        t("Ticked when an agency has a mandate."),
        "agencies_creditor.show",
        Permission.PEOPLE,
    ),
)
