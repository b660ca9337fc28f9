"""A bank transfer that arrived, as its payer sees it: what it was used for, and the receipt to keep."""

from typing import Any

from flask import Response, render_template, url_for

from portal.bank_statements import queries, receipts
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core.text import Text, t
from portal.debtors.visits import current
from portal.invoices import presenting as invoices
from portal.payments import presenting as payments
from portal.web import i18n, keepsakes
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("bank_debtor", __name__)
S = MovementStatus


@blueprint.get("/transfers/arrived/<id:movement_id>")
def show_transfer(movement_id: int) -> Any:
    visit = current()
    one: BankMovement = only_own(receipts.for_visit(visit, movement_id))
    stands = one.status is not S.RETURNED
    return render_template(
        "payments/debtor_status.html",
        title=i18n.gettext("Your transfer"),
        state=payments.PAID if stands else payments.TAKEN_BACK,
        document={"title": payments.titles(receipts.items_of(one)) or i18n.gettext("kept as your credit")},
        amount_shown=i18n.money(one.amount),
        happened=_happened(one),
        reference=receipts.number(one),
        rows=_rows(one),
        steps=[i18n.say(step) for step in _steps(one)],
        receipt_url=url_for(".download_receipt", movement_id=one.id) if stands else None,
        papers=keepsakes.for_visit(visit) if stands else [],
        again_url=None,
        go_url=None,
        stop_url=None,
        other_url=None,
    )


def _happened(one: BankMovement) -> str:
    if one.status is S.RETURNED:
        back = max(each.value_on for each in queries.returns_of(one.id))
        return i18n.say(t("Your bank took it back on %(day)s.", day=i18n.day(back)))
    return i18n.say(t("Your bank transfer arrived on %(day)s.", day=i18n.day(one.value_on)))


def _rows(one: BankMovement) -> list[tuple[str, str]]:
    items = {item.item_id: item for item in receipts.items_of(one)}
    rows = []
    for part in receipts.booked(one):
        item = items.get(part.item_id or 0)
        rows.append((invoices.title(item) if item else i18n.gettext("Kept as your credit"), i18n.money(part.amount)))
    back = [
        (i18n.say(t("Went back on %(day)s", day=i18n.day(each.value_on))), i18n.money(each.amount))
        for each in queries.returns_of(one.id)
    ]
    return [
        *rows,
        (i18n.gettext("In all"), i18n.money(one.amount)),
        *back,
        (i18n.gettext("How"), i18n.gettext("Bank transfer")),
    ]


def _steps(one: BankMovement) -> list[Text]:
    """What comes next."""
    if one.status is S.RETURNED:
        return [t("What it had paid is open again. Does this surprise you? Please call us.")]
    if queries.returns_of(one.id):
        return [t("Your bank took a part of it back. That part is open again.")]
    if any(part.item_id is None for part in receipts.booked(one)):
        return [
            t("Part of it was no longer open: that part is still yours."),
            t("On your page you choose whether you want it back, or keep it for what comes next."),
        ]
    return [t("Nothing else is needed for it.")]


@blueprint.get("/transfers/arrived/<id:movement_id>/receipt.pdf")
def download_receipt(movement_id: int) -> Response:
    """The receipt of a transfer that arrived and was not taken back. Only within the session (rule A-09)."""
    visit = current()
    one: BankMovement = only_own(receipts.for_visit(visit, movement_id))
    if one.status is S.RETURNED:
        only_own(None)
    answer = Response(receipts.pdf(visit, one), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{receipts.file_name(one)}"'
    return answer
