"""One import as its page shows it: what was understood while it waits, how far it is, what became of each row."""

from typing import Any

from flask import Response, current_app, render_template, request, url_for

from portal.core import outbox
from portal.core.text import Text, t
from portal.imports import actions, another_way, forms, headings, presenting, preview, queries, steering
from portal.imports.models import ImportBatch
from portal.imports.options import ReadOptions
from portal.imports.states import BatchStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form

LOOK_AGAIN_SECONDS = 2
_MOST_EXPECTED = 10_000_000


def preview_page(batch: ImportBatch, form: Form) -> Any:
    options = ReadOptions(**batch.options)
    seen = preview.look(actions.paths_of(batch), options)
    typed = forms.typed_options(options) | form.typed
    several = seen.file_count > 1
    before = queries.brought_before(batch)
    page = render_template(
        "imports/staff_preview.html",
        title=i18n.gettext("What we understood"),
        may_import=person().may(Permission.IMPORT),
        figures=presenting.preview_figures(seen),
        before=[_before(one) for one in before],
        all_before=len(before) == len(batch.files),
        files=[presenting.seen_file(one) for one in seen.files],
        files_left=seen.file_count - len(seen.files),
        changes=presenting.differences(seen.differing),
        documents=[presenting.compared(one) for one in seen.outcomes],
        documents_left=seen.created + seen.changed + seen.unchanged - len(seen.outcomes),
        warnings=presenting.remarks(seen.warnings.values(), several=several),
        refusals=presenting.remarks(seen.refusals.values(), several=several),
        refused=seen.refused,
        refusals_left=seen.refusals_left,
        waits_for_a_choice=seen.waits_for_a_choice,
        cut=preview.MOST_ITEMS if seen.cut else None,
        confirm_url=url_for("imports_creditor.confirm", batch_id=batch.id),
        confirm_label=presenting.confirm_label(seen),
        fingerprint=steering.fingerprint(batch),
        expected="" if seen.cut else seen.read,
        discard_url=url_for("imports_creditor.discard", batch_id=batch.id),
        again_url=url_for("imports_creditor.read_again", batch_id=batch.id),
        **_another_way(seen, typed),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _another_way(seen: preview.Preview, typed: dict[str, str]) -> dict[str, Any]:
    layout = next((one.findings.layout for one in seen.files if one.findings.layout is not None), None)
    return {
        "again": another_way.offered(seen, layout, typed, opens=preview.TO_BE_CHOSEN),
        "has_tables": any(one.format in headings.TABLES for one in seen.files) or bool(seen.headers),
    }


def _before(one: queries.Before) -> dict[str, Any]:
    """A file that came before, byte for byte."""
    when = i18n.moment(one.earlier.started_at, person().creditor.time_zone)
    waiting = one.earlier.status is BatchStatus.UPLOADED
    sentence = (
        t("%(file)s is the same file that is waiting for a yes since %(when)s.", file=one.name, when=when)
        if waiting
        else t("%(file)s is the same file that was brought in on %(when)s.", file=one.name, when=when)
    )
    return {"sentence": i18n.say(sentence), "href": url_for("imports_creditor.show_report", batch_id=one.earlier.id)}


def expected(typed: str | None) -> int | None:
    """How much there is to do as far as the preview knew: for the progress bar and for nothing else."""
    usable = typed and len(typed) <= 8 and typed.isascii() and typed.isdigit()
    return min(int(typed), _MOST_EXPECTED) if usable and typed else None


def running_page(batch: ImportBatch) -> Response:
    """Looks again by itself, without script: the browser is asked to by a header."""
    most = expected(request.args.get("of"))
    task = queries.task_of(batch.id)
    again = task.due_at if task is not None and task.state == outbox.WAITING and task.tries else None
    page = render_template(
        "imports/staff_running.html",
        title=i18n.gettext("Saving"),
        done=batch.read,
        total=max(most, batch.read) if most else None,
        figures=_figures(batch),
        by_hand=task is None,
        again_at=i18n.clock_time(again, person().creditor.time_zone) if again is not None else None,
        here_url=request.full_path.rstrip("?"),
        upload_url=url_for("imports_creditor.show_upload"),
    )
    answer = Response(page, content_type="text/html; charset=utf-8")
    answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def _figures(batch: ImportBatch) -> list[dict[str, Any]]:
    """What became of the rows; each figure leads to its rows."""

    def of(label: Text, value: int, outcome: str | None, note: str = "") -> dict[str, Any]:
        return presenting.figure(
            label, value, url_for("imports_creditor.show_report", batch_id=batch.id, outcome=outcome), note
        )

    return [
        of(t("New"), batch.created, "created"),
        of(t("Changed"), batch.changed, "changed"),
        of(
            t("The same as before"),
            batch.unchanged,
            None,
            i18n.gettext("not listed below") if batch.unchanged else "",
        ),
        of(t("Refused"), batch.refused, "refused"),
        of(t("With a remark"), batch.warned, "warning"),
    ]


def report_page(batch: ImportBatch) -> Any:
    who = person()
    outcome = request.args.get("outcome")
    outcome = outcome if outcome in queries.OUTCOMES else None
    after = request.args.get("after")
    page = queries.rows(batch.id, outcome, after)
    several = len(batch.files) > 1 or any("!" in row.file for row in page.rows)
    here = url_for("imports_creditor.show_report", batch_id=batch.id)
    return render_template(
        "imports/staff_report.html",
        title=i18n.gettext("What became of it"),
        heading=_heading(batch),
        intro=_intro(batch),
        status=i18n.say(batch.status.label),
        stopped=queries.has_stopped(batch),
        go_on_url=url_for("imports_creditor.go_on", batch_id=batch.id) if who.may(Permission.IMPORT) else None,
        discarded=batch.status is BatchStatus.DISCARDED,
        figures=_figures(batch),
        fields=[_outcome_filter(outcome)],
        here_url=here,
        clear_url=here if outcome else None,
        rows=[presenting.report_row(row, several=several, href=_invoice_url(row.invoice_id)) for row in page.rows],
        shown=_shown(len(page.rows), beginning=not after),
        newer_url=url_for("imports_creditor.show_report", batch_id=batch.id, outcome=outcome) if after else None,
        older_url=url_for("imports_creditor.show_report", batch_id=batch.id, outcome=outcome, after=page.next_cursor)
        if page.next_cursor
        else None,
        csv_url=url_for("imports_creditor.download_report", batch_id=batch.id)
        if who.may(Permission.EXPORT)
        else None,
        due_url=_road("due_items_creditor.show"),
        steps_url=_road("first_steps_creditor.show"),
        upload_url=url_for("imports_creditor.show_upload"),
    )


def _heading(batch: ImportBatch) -> str:
    if batch.status is BatchStatus.DISCARDED:
        return i18n.gettext("Discarded")
    if batch.status is not BatchStatus.DONE:
        return i18n.gettext("This import has stopped")
    if not batch.created and batch.changed:
        return i18n.ngettext(
            "Done. Nothing new, %(count)s document differs", "Done. Nothing new, %(count)s documents differ",
            batch.changed,
        ) % {"count": batch.changed}  # fmt: skip
    if not batch.created:
        return i18n.gettext("Done. Nothing new was in these files")
    return i18n.ngettext("%(count)s document saved", "%(count)s documents saved", batch.created) % {
        "count": batch.created
    }


def _intro(batch: ImportBatch) -> str:
    when = i18n.moment(batch.started_at, person().creditor.time_zone)
    who = queries.who_brought(batch) or i18n.gettext("the command line")
    said = t("%(files)s, brought in by %(who)s on %(when)s.", files=presenting.names_of(batch), who=who, when=when)
    return i18n.say(said)


def _outcome_filter(outcome: str | None) -> dict[str, Any]:
    options = [
        ("", i18n.gettext("All")),
        *((name, i18n.say(text)) for name, (text, _) in presenting.OUTCOMES.items()),
    ]
    return {"id": "outcome", "label": i18n.gettext("Result"), "options": options, "value": outcome or ""}


def _shown(count: int, *, beginning: bool) -> str:
    if beginning:
        return i18n.ngettext("%(count)s row", "%(count)s rows", count) % {"count": count}
    return i18n.say(t("%(count)s more rows", count=count))


def _invoice_url(invoice_id: int | None) -> str | None:
    return _road("invoices_creditor.show", invoice_id=invoice_id) if invoice_id else None


def _road(endpoint: str, **values: Any) -> str | None:
    """The address of a page of a feature above this one, where this installation has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
