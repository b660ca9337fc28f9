"""Invoice or credit note by its sign, the same for every kind of e-invoice."""

from portal.core.text import t
from portal.imports.documents import Kind
from portal.imports.einvoices.fields import Fields
from portal.imports.einvoices.xml import Element


def kind_by_sign(kind: Kind, total: int, payable: int, element: Element, fields: Fields) -> Kind:
    """Credit notes are written with either sign; an invoice below nought is one."""
    if kind == "credit_note":
        if total < 0 or payable < 0:
            text = t("The credit note is written with minus amounts; they were read as the credit that they are.")
            fields.warn(element, "", "negative_amount", text)
        return kind
    if total < 0 or payable < 0:
        text = t("The invoice is below nought: it lowers what the customer owes, so it was read as a credit note.")
        fields.warn(element, "", "negative_amount", text)
        return "credit_note"
    return kind


def refuse_contradiction(element: Element, fields: Fields) -> None:
    """Total and payment say opposite things: nothing of it is guessed."""
    text = t("Total and amount to pay have different signs. State what is left to pay.")
    fields.refuse(element, "", "signs_disagree", text)
