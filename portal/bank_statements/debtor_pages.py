"""A bank transfer that arrived, as its payer sees it: what it was used for, and the receipt to keep."""

from typing import Any

from flask import Response, render_template, url_for

from portal.bank_statements import receipts
from portal.bank_statements.receipts import Transfer
from portal.core.text import Text, t
from portal.debtors.visits import current
from portal.invoices import presenting as invoices
from portal.invoices import receipt_paper
from portal.payments import presenting as payments
from portal.web import i18n, keepsakes
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("bank_debtor", __name__)


@blueprint.get("/transfers/arrived/<id:transfer_id>")
def show_transfer(transfer_id: int) -> Any:
    visit = current()
    one: Transfer = only_own(receipts.for_visit(visit, transfer_id))
    return render_template(
        "payments/debtor_status.html",
        title=i18n.gettext("Your transfer"),
        state=payments.PAID if one.stands else payments.TAKEN_BACK,
        document={"title": payments.titles(one.items) or i18n.gettext("kept as your credit")},
        amount_shown=i18n.money(one.movement.amount),
        happened=_happened(one),
        reference=one.number,
        rows=_rows(one),
        steps=[i18n.say(step) for step in _steps(one)],
        receipt_url=url_for(".download_receipt", transfer_id=one.movement.id) if one.stands else None,
        papers=keepsakes.for_visit(visit) if one.stands else [],
        again_url=None,
        go_url=None,
        stop_url=None,
        other_url=None,
    )


def _happened(one: Transfer) -> str:
    if one.was_undone:
        return i18n.gettext("We had counted it here by mistake, and have taken it off again.")
    if not one.stands:
        back = max(each.value_on for each in one.returns)
        return i18n.say(t("Your bank took it back on %(day)s.", day=i18n.day(back)))
    return i18n.say(t("Your bank transfer arrived on %(day)s.", day=i18n.day(one.movement.value_on)))


def _rows(one: Transfer) -> list[tuple[str, str]]:
    used = [
        (invoices.title(item) if item else i18n.gettext("Kept as your credit"), i18n.money(amount))
        for item, amount in one.parts
    ]
    back = [
        (i18n.say(t("Went back on %(day)s", day=i18n.day(each.value_on))), i18n.money(each.amount))
        for each in one.returns
    ]
    return [
        *used,
        (i18n.gettext("In all"), i18n.money(one.movement.amount)),
        *back,
        (i18n.gettext("How"), i18n.gettext("Bank transfer")),
    ]


def _steps(one: Transfer) -> list[Text]:
    """What comes next."""
    if one.was_undone:
        return [
            t("What it had been counted for is open again. We are sorry for that."),
            t("Was it a transfer of yours all the same? Please call us."),
        ]
    if not one.stands:
        return [t("What it had paid is open again. Does this surprise you? Please call us.")]
    if one.returns:
        return [t("Your bank took a part of it back. That part is open again.")]
    if any(item is None for item, _ in one.parts):
        return [
            t("Part of it was no longer open: that part is still yours."),
            t("On your page you choose whether you want it back, or keep it for what comes next."),
        ]
    return [t("Nothing else is needed for it.")]


@blueprint.get("/transfers/arrived/<id:transfer_id>/receipt.pdf")
def download_receipt(transfer_id: int) -> Response:
    """The receipt of a transfer that arrived and was not taken back. Only within the session (rule A-09)."""
    visit = current()
    one: Transfer = only_own(receipts.for_visit(visit, transfer_id))
    if not one.stands:
        only_own(None)
    return receipt_paper.saved(receipts.pdf(visit, one), one.number)
