"""One batch of statement files as its page shows it: what was understood while it waits, then what became of it."""

from typing import Any

from flask import Response, render_template, request, url_for

from portal.bank_statements import own_accounts, presenting, preview, queries, wording
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.states import BatchStatus
from portal.core.text import t
from portal.imports import another_way, forms, steering
from portal.imports.options import ReadOptions
from portal.imports.preview import TO_BE_CHOSEN
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form

LOOK_AGAIN_SECONDS = 2
_TO_BE_CHOSEN = TO_BE_CHOSEN | {"encoding_assumed"}


def preview_page(batch: StatementBatch, form: Form) -> Any:
    seen = preview.look(batch)
    typed = forms.typed_options(ReadOptions(**batch.options)) | form.typed
    page = render_template(
        "bank_statements/staff_preview.html",
        title=i18n.gettext("What we understood"),
        may_import=person().may(Permission.IMPORT),
        figures=presenting.preview_figures(seen),
        accounts=[presenting.account(one) for one in seen.unknown],
        statements=[presenting.seen_statement(one) for one in seen.statements[: preview.SHOWN]],
        statements_left=max(0, len(seen.statements) - preview.SHOWN),
        movements=[presenting.seen_movement(one) for one in seen.movements],
        movements_left=max(0, seen.read - len(seen.movements)),
        remarks=[presenting.seen_remark(file, one) for file, one in seen.remarks],
        cut=preview.MOST_ITEMS if seen.cut else None,
        something=seen.read > 0 or bool(seen.statements),
        confirm_url=url_for("bank_creditor.confirm", upload_id=batch.id),
        fingerprint=steering.fingerprint(batch),
        discard_url=url_for("bank_creditor.discard", upload_id=batch.id),
        again_url=url_for("bank_creditor.read_again", upload_id=batch.id) if seen.has_tables else None,
        again=another_way.offered(seen, seen.layout, typed, opens=_TO_BE_CHOSEN, labels=presenting.FIELD_LABELS),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def ticked_accounts(batch: StatementBatch, form: Form) -> list[str]:
    """Of the accounts that are none of the creditor's as far as we know, those that the person ticked.

    A batch that has nothing else needs one of them, or is to be discarded.
    """
    ticked = set(request.form.getlist("accounts[]"))
    seen = preview.look(batch)
    if seen.unknown and not ticked and not seen.cut and not any(one.is_known for one in seen.statements):
        form.wrong["accounts"] = t("Tick the account if it is yours. If it is not, discard the files.")
    return [one for one in seen.unknown if one in ticked]


def report_page(batch: StatementBatch) -> Response:
    running = batch.status is BatchStatus.RUNNING and not queries.has_stopped(batch)
    kept, may = queries.remarks(batch.id), person().may(Permission.IMPORT)
    accounts = left_out(batch)
    page = render_template(
        "bank_statements/staff_report.html",
        title=i18n.gettext("What became of it"),
        heading=_heading(batch, running=running),
        intro=", ".join(file["name"].rpartition("/")[2] for file in batch.files[:5]),
        running=running,
        read=batch.read,
        stopped=queries.has_stopped(batch),
        discarded=batch.status is BatchStatus.DISCARDED,
        go_on_url=url_for("bank_creditor.go_on", upload_id=batch.id) if may else None,
        accounts=[presenting.account(one) for one in accounts],
        accounts_url=url_for("bank_creditor.confirm_accounts", upload_id=batch.id)
        if may and batch.status is BatchStatus.DONE
        else None,
        figures=presenting.figures(batch),
        refusals=[presenting.remark(one) for one in kept if one.refused],
        notes=[presenting.remark(one) for one in kept if not one.refused],
        waiting=batch.waiting,
        queue_url=url_for("bank_queue_creditor.show_queue"),
        upload_url=url_for("bank_creditor.show_statements"),
    )
    answer = Response(page, content_type="text/html; charset=utf-8")
    if running:  # the browser looks again by itself, without script
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def left_out(batch: StatementBatch) -> list[str]:
    """Accounts whose statements a batch has not booked, and that are still none of the creditor's."""
    said = [(one.args or {}).get("account", "?") for one in queries.remarks(batch.id, code=own_accounts.UNKNOWN)]
    written = ("" if one == "?" else one for one in dict.fromkeys(said))
    accounts = own_accounts.Accounts.load(batch.creditor_id)
    return [wording.iban(one) or one for one in written if not accounts.is_known(one)]


def _heading(batch: StatementBatch, *, running: bool) -> str:
    if running:
        return i18n.gettext("Booking")
    if batch.status is BatchStatus.DISCARDED:
        return i18n.gettext("Discarded")
    if batch.status is not BatchStatus.DONE:
        return i18n.gettext("This import has stopped")
    return i18n.ngettext("%(count)s new movement", "%(count)s new movements", batch.new) % {"count": batch.new}
