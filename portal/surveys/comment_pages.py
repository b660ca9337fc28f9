"""What customers wrote, without who they are and without their number: to search, to tag, to look after."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.core import clock, db, ids
from portal.core.text import t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys import outcomes, policies, presenting, quality, queries, themes
from portal.surveys.models import Answer, AnswerTheme
from portal.surveys.nps import LEAST_IN_PART
from portal.surveys.queries import Heard
from portal.web import i18n, lists
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own
from portal.web.paging import Page

blueprint = creditor_blueprint("comments_creditor", __name__)

NAMES = ("theme", "q", "see")
SOURCES = {"mail": quality.CHANNELS["email"], **{key: quality.CHANNELS[key] for key in ("sms", "letter", "phone")}}


@blueprint.get("/feedback/comments")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    known = queries.tags()
    theme = lists.chosen("theme", [key for key, _count in known])
    words, to_see = lists.asked("q")[:80], lists.asked("see") == "1"
    found: Page[Heard] = Page([], None)
    if may_read := queries.may_be_read():
        found = queries.comments(request.args.get("after"), theme=theme, words=words, to_see=to_see)
    about = queries.themes_of([one.answer.id for one in found.rows])
    soften = policies.current().soften
    page = render_template(
        "surveys/staff_comments.html",
        title=i18n.gettext("Comments"),
        filter_url=url_for(".show"),
        fields=[
            {"id": "theme", "label": i18n.gettext("About"), "value": theme,
             "options": [("", i18n.gettext("All")), *((key, f"{presenting.theme(key)} ({n})") for key, n in known)]},
            {"id": "see", "label": i18n.gettext("Which"), "value": "1" if to_see else "",
             "options": [("", i18n.gettext("All")), ("1", i18n.gettext("Not happy, and nobody has looked yet"))]},
            {"id": "q", "label": i18n.gettext("With these words"), "value": words},
        ],
        clear_url=url_for(".show") if any(lists.asked(name) for name in NAMES) else None,
        least=None if may_read else LEAST_IN_PART,
        rows=[_row(one, about.get(one.answer.id, []), soften=soften) for one in found.rows],
        shown=i18n.say(t("%(count)s shown", count=len(found.rows))),
        newer_url=lists.address(".show", NAMES) if request.args.get("after") else None,
        older_url=lists.address(".show", NAMES, after=found.next_cursor) if found.next_cursor else None,
        back_url=url_for("feedback_creditor.show"),
        errors=form.errors,
    )  # fmt: skip
    return page, 422 if form.wrong else 200


def _row(one: Heard, about: list[AnswerTheme], *, soften: bool) -> dict[str, Any]:
    """The month and not the day, no name and no number: nobody should be made out."""
    answer, may = one.answer, person().may(Permission.ANSWER)
    said = "\n\n".join(filter(None, (answer.words, answer.second_words)))
    state = themes.state(said) if soften else None
    day = clock.day_of(one.asked_at, person().creditor.time_zone)
    return {
        "words": said,
        "outcome": i18n.say(outcomes.OUTCOMES[one.outcome]),
        "month": f"{day.month:02d}/{day.year}",
        "source": i18n.say(SOURCES[answer.source]),
        "themes": [
            {"name": presenting.theme(row.theme), "quote": row.found or "", "href": url_for(".show", theme=row.theme)}
            for row in about
        ],
        "state": (i18n.say(themes.STATES[state.key]), state.words) if state is not None else None,
        "seen": answer.seen_at is not None,
        "see_url": url_for(".see", comment_id=answer.id) if may and answer.seen_at is None else None,
        "tag_url": url_for(".tag", comment_id=answer.id) if may else None,
        "case_url": url_for("cases_creditor.show", case_id=answer.case_id) if answer.case_id is not None else None,
    }


def _back() -> Any:
    return redirect(url_for(".show"), 303)


def _one(comment_id: int) -> Answer:
    found: Answer = only_own(queries.one_answer(comment_id) if queries.may_be_read() else None)
    return found


@blueprint.post("/feedback/comments/<id:comment_id>/seen")
@allow(Permission.ANSWER)
def see(comment_id: int) -> Any:
    """Somebody has looked after it; said once."""
    answer = _one(comment_id)
    if answer.seen_at is None:
        answer.seen_at, answer.seen_by = clock.now(), person().staff_id
        db.session().flush()
    return _back()


@blueprint.post("/feedback/comments/<id:comment_id>/tag")
@allow(Permission.ANSWER)
def tag(comment_id: int) -> Any:
    """A colleague says what it is about, in a word."""
    answer = _one(comment_id)
    form = Form()
    typed = form.text("tag", longest=themes.LONGEST_TAG, needed=t("Please write a word."))
    word = themes.read_tag(typed)
    if word is None and "tag" not in form.wrong:
        form.wrong["tag"] = t("Letters, digits, blanks, dots and dashes, please: two at least.")
    if word is None or form.wrong:
        return _page(form)
    there = queries.themes_of([answer.id]).get(answer.id, [])
    if word not in {one.theme for one in there}:
        db.session().add(
            AnswerTheme(
                id=ids.new_id(), debtor_id=answer.debtor_id, answer_id=answer.id, theme=word,
                tagged_by=person().staff_id,
            )
        )  # fmt: skip
        db.session().flush()
    return _back()
