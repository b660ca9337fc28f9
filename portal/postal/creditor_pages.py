"""Letters before the creditor's people: what waits, one PDF of all of it, its list for labels, the day of posting."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from sqlalchemy import select

from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.messages import presenting as message_words
from portal.messages.models import Message
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.postal import actions, letter_pdf, queries, rules
from portal.postal.models import Letter, LetterBatch
from portal.postal.states import LetterStatus
from portal.web import i18n, lists
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("postal_creditor", __name__)

OLDEST_POSTING = timedelta(days=30)
_TINTS = {
    LetterStatus.PLANNED: "wait",
    LetterStatus.PRINTED: "wait",
    LetterStatus.POSTED: "good",
    LetterStatus.CANCELLED: "plain",
}


_TAKE_OUT = t(
    "Not yet: please take %(count)s out of the pile first. What they speak of is paid or rests now; the list below "
    "says which. Then say again that the others are posted."
)


@blueprint.get("/letters")
@allow(Permission.READ_MESSAGES)
def show() -> Any:
    return _page(Form())


def _page(form: Form, typed_for: int | None = None) -> Any:
    may, zone = person().may(Permission.LETTERS), person().creditor.time_zone
    status = next((one for one in LetterStatus if one.value == lists.asked("state")), None)
    page = queries.listing(status, lists.asked("after") or None)
    waiting = queries.waiting(clock.now())
    options: dict[str, Text] = {"": t("All"), **{one.value: one.label for one in LetterStatus}}
    answer = render_template(
        "postal/staff_letters.html",
        title=i18n.gettext("Letters for the post"),
        waiting=waiting,
        most=rules.MOST_OF_A_BATCH,
        print_url=url_for(".print_waiting") if may and waiting else None,
        batches=[_batch(one, zone, form if one.id == typed_for else Form(), may=may) for one in queries.batches()],
        filter_url=url_for(".show"),
        fields=[lists.choice("state", t("State"), options, status.value if status else "")],
        clear_url=url_for(".show") if status else None,
        rows=[_row(letter, message, zone, may=person().may(Permission.SEND)) for letter, message in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(".show", ("state",)) if lists.asked("after") else None,
        older_url=lists.address(".show", ("state",), after=page.next_cursor) if page.next_cursor else None,
        messages_url=url_for("messages_creditor.show_list"),
        errors=form.errors,
    )
    return answer, 422 if form.wrong else 200


def _batch(one: LetterBatch, zone: str, form: Form, *, may: bool) -> dict[str, Any]:
    return {
        "made": i18n.moment(one.made_at, zone),
        "letters": one.letters,
        "held_back": one.held_back,
        "posted": i18n.day(one.posted_on) if one.posted_on else "",
        "pdf_url": url_for(".download_pdf", letter_batch_id=one.id) if may and one.letters else None,
        "table_url": url_for(".download_table", letter_batch_id=one.id) if may and one.letters else None,
        "post_url": url_for(".post", letter_batch_id=one.id)
        if may and one.letters and one.posted_on is None
        else None,
        "day": form.typed.get("day") or clock.today(zone).isoformat(),
        "error": dict(form.errors).get("day", ""),
    }


def _row(letter: Letter, message: Message, zone: str, *, may: bool) -> dict[str, Any]:
    open_still = letter.status in {LetterStatus.PLANNED, LetterStatus.PRINTED}
    return {
        "to": message.to_address,
        "href": url_for("messages_creditor.show", message_id=message.id),
        "about": message_words.kind(message),
        "when": i18n.day(letter.posted_on) if letter.posted_on else i18n.moment(letter.status_at, zone),
        "state": letter.status.label,
        "kind": _TINTS[letter.status],
        "note": message_words.why(message.why),
        "cancel_url": url_for(".cancel", letter_id=letter.id) if may and open_still else None,
    }


@blueprint.post("/letters/print")
@allow(Permission.LETTERS)
def print_waiting() -> Any:
    """One batch of all that wait; what must not go any more is held back and said."""
    batch = actions.print_waiting(person().staff_id)
    said = t("Done. Letters ready to be printed: %(count)s.", count=batch.letters)
    if batch.held_back:
        said = t(
            "Done. Letters ready to be printed: %(count)s. Held back: %(held)s, the list says why.",
            count=batch.letters, held=batch.held_back,
        )  # fmt: skip
    flash(i18n.say(said), "done")
    return redirect(url_for(".show"), 303)


def _sheets(batch: LetterBatch) -> Sequence[letter_pdf.Sheet]:
    found = queries.of_batch(batch.id)
    wanted = select(Debtor).where(Debtor.id.in_([letter.debtor_id for letter, _message in found]))
    debtors = {one.id: one for one in db.session().scalars(wanted)}
    return [(letter, message, debtors[letter.debtor_id]) for letter, message in found]


def _made(batch_id: int) -> tuple[LetterBatch, Sequence[letter_pdf.Sheet], bytes]:
    batch = only_own(queries.batch(batch_id))
    sheets = _sheets(batch)
    if not sheets:
        raise NotAllowedNow(t("Every letter of this batch was taken out."))
    return batch, sheets, letter_pdf.pdf(person().creditor, batch, sheets)


@blueprint.get("/letters/batches/<id:letter_batch_id>/letters.pdf")
@allow(Permission.LETTERS)
def download_pdf(letter_batch_id: int) -> Response:
    """The sheets to print; they carry codes, so only who sees to the post gets them."""
    batch, _sheets_of_it, content = _made(letter_batch_id)
    return _download(content, "application/pdf", batch, "pdf")


@blueprint.get("/letters/batches/<id:letter_batch_id>/letters.csv")
@allow(Permission.LETTERS)
def download_table(letter_batch_id: int) -> Response:
    """Who stands on which page, for labels or a mail merge."""
    batch, sheets, content = _made(letter_batch_id)
    return _download(letter_pdf.table(content, sheets), "text/csv; charset=utf-8", batch, "csv")


def _download(content: bytes, media_type: str, batch: LetterBatch, suffix: str) -> Response:
    day = clock.day_of(batch.made_at, person().creditor.time_zone).isoformat()
    return saved(content, f"letters-{day}.{suffix}", media_type)


@blueprint.post("/letters/batches/<id:letter_batch_id>/posted")
@allow(Permission.LETTERS)
def post(letter_batch_id: int) -> Any:
    """The batch went to the post on that day."""
    batch, form = only_own(queries.batch(letter_batch_id, lock=True)), Form()
    zone = person().creditor.time_zone
    on, today = form.day("day"), clock.today(zone)
    made_on = clock.day_of(batch.made_at, zone)
    if on is None and not form.wrong:
        form.wrong["day"] = t("Say on which day they were posted.")
    elif on is not None and not max(made_on, today - OLDEST_POSTING) <= on <= today:
        form.wrong["day"] = t("Choose a day from the day of printing until today.")
    if form.wrong or on is None:
        return _page(form, letter_batch_id)
    taken = actions.take_out(batch)
    if taken:
        flash(i18n.say(t(_TAKE_OUT.msgid, count=taken)), "done")
        return redirect(url_for(".show", state=LetterStatus.CANCELLED.value), 303)
    count = actions.post(batch, on)
    flash(i18n.say(t("Done. Letters on their way: %(count)s.", count=count)), "done")
    return redirect(url_for(".show"), 303)


@blueprint.post("/letters/<id:letter_id>/cancel")
@allow(Permission.SEND)
def cancel(letter_id: int) -> Any:
    letter: Letter = only_own(queries.one(letter_id, lock=True))
    printed = letter.status is LetterStatus.PRINTED
    actions.cancel(letter)
    said = t("Done. Please take the sheet out of the pile.") if printed else t("Done. It is not printed.")
    flash(i18n.say(said), "done")
    return redirect(url_for(".show"), 303)
