"""How it went: one page behind a link that opens nothing else. No gate, for it tells nothing (decision: README).

The link is kept in the cookie and gone from the address, as every link is. A number in the address is chosen, never
sent (A-31). What is sent within two seconds of the page was sent by a machine, or by mistake: it is shown once more.
"""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, session, url_for
from werkzeug.exceptions import NotFound

from portal.core import clock, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.link_addresses import SURVEY
from portal.core.text import t
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.debtors.entry_pages import common_values
from portal.surveys import answering, nps, outcomes, presenting, queries
from portal.surveys.forms import GivenForm
from portal.surveys.models import Answer, Survey
from portal.web import language_pages, limits
from portal.web.forms import Form
from portal.web.gates import no_duplicate_fields, open_blueprint

blueprint = open_blueprint("survey", __name__, why="one question about how it went; the link opens nothing else")
blueprint.before_request(no_duplicate_fields)

TITLE = t("How did it go?")
_KEPT = "survey"  # in the cookie: [link id, number chosen in the mail or none, milliseconds when the page was shown]
_FASTEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    found: links.Found
    survey: Survey
    answer: Answer | None
    chosen: int | None
    shown_at: int

    @property
    def is_open(self) -> bool:
        return answering.may_answer(self.survey, self.answer, self.found.link.expires_at)


@blueprint.get("/s/<token>")
def open_link(token: str) -> Any:
    """A message's link, perhaps with a number: both go on in the cookie. Changes nothing, whoever opens it."""
    limits.check(limits.BAD_TOKENS, "survey")
    found = links.look_up(SURVEY, token)
    if found is None:
        limits.count_bad_token("survey")
        raise NotFound
    typed = request.args.get("n", "")
    chosen = int(typed) if typed in {str(n) for n in range(nps.HIGHEST + 1)} else None
    session[_KEPT] = [found.link.id, chosen, _milliseconds()]
    return redirect(url_for(".show"), 303)


def _milliseconds() -> int:
    return int(clock.now().timestamp() * 1000)


def _asked(*, lock: bool = False) -> Asked:
    """What this browser was led to; 404 where there is none, or not any more."""
    kept = session.get(_KEPT)
    if not isinstance(kept, list) or len(kept) != 3 or not ids.is_id(kept[0]) or type(kept[2]) is not int:
        raise NotFound
    found = links.by_id(kept[0], SURVEY)
    survey = queries.of_link(kept[0], lock=lock) if found is not None else None
    if found is None or survey is None:
        raise NotFound
    debtor = debtors.debtor(survey.debtor_id)
    language_pages.prefer(debtor.language if debtor is not None else None)
    return Asked(found, survey, queries.answer(survey.id), kept[1], kept[2])


@blueprint.get("/how-it-went")
def show() -> Any:
    return _page(_asked(), GivenForm())


def _page(asked: Asked, form: GivenForm) -> Any:
    common = common_values(asked.found, TITLE)
    if not asked.is_open:
        return render_template("surveys/closed.html", answered=asked.answer is not None, **common)
    session[_KEPT] = [asked.found.link.id, asked.chosen, _milliseconds()]
    typed = {**_as_typed(asked), **form.typed}
    policy = form.policy(asked.answer.policy_number if asked.answer is not None else None)
    page = render_template(
        "surveys/question.html",
        question=presenting.second_question(policy),
        version=policy.number,
        typed=typed,
        send_url=url_for(".send"),
        changes=asked.answer is not None,
        errors=form.errors,
        error_of=dict(form.errors),
        **common,
    )
    return page, 422 if form.wrong else 200


def _as_typed(asked: Asked) -> dict[str, str]:
    """What stands on the page before anybody typed: the answer that may be changed, else the number in the mail."""
    answer = asked.answer
    chosen = asked.chosen if asked.chosen is not None else answer.score if answer is not None else None
    return {
        "score": "" if chosen is None else str(chosen),
        "words": (answer.words or "") if answer is not None else "",
        "mark": str(answer.mark) if answer is not None and answer.mark is not None else "",
        "second_words": (answer.second_words or "") if answer is not None else "",
    }


@blueprint.post("/how-it-went")
def send() -> Any:
    """The answer, or another in its place."""
    asked, form = _asked(lock=True), GivenForm()
    if not asked.is_open:
        raise NotAllowedNow(answering.CLOSED)
    policy = form.policy()
    given = form.read(policy)
    if given is not None and (form.looks_like_a_machine() or _milliseconds() - asked.shown_at < _FASTEST):
        form.wrong["score"] = t("That was very fast. Please look at it once more, then send it.")
        given = None
    if given is None:
        return _page(asked, form)
    events.act_as(events.Actor("debtor", link_id=asked.found.link.id))
    answering.keep(asked.survey, given, policy=policy, source=answering.SOURCE_OF[str(asked.survey.channel)])
    session[_KEPT] = [asked.found.link.id, None, _milliseconds()]
    return redirect(url_for(".thank"), 303)


@blueprint.get("/how-it-went/thanks")
def thank() -> Any:
    return _thanks(_asked(), Form())


def _thanks(asked: Asked, form: Form) -> Any:
    answer = asked.answer
    if answer is None:
        return redirect(url_for(".show"), 303)
    until = outcomes.may_change_until(answer.answered_at)
    unhappy = nps.kind_of(answer.score) == "detractors"
    page = render_template(
        "surveys/thanks.html",
        until=clock.day_of(until) if asked.is_open else None,
        change_url=url_for(".show") if asked.is_open else None,
        call_url=url_for(".call") if unhappy and answer.case_id is None else None,
        called=answer.case_id is not None,
        improvements=[one.words for one in queries.improvements(public=True, most=3)],
        typed={"phone": form.typed.get("phone", "")},
        errors=form.errors,
        error_of=dict(form.errors),
        **common_values(asked.found, t("Thank you")),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/how-it-went/call")
def call() -> Any:
    """Somebody calls them: the one thing on these pages that brings their name to their words."""
    asked, form = _asked(lock=True), Form()
    if asked.answer is None:
        raise NotFound
    number = form.text("phone", longest=40, needed=t("Please write the number that we should call."))
    if form.wrong:
        return _thanks(asked, form)
    events.act_as(events.Actor("debtor", link_id=asked.found.link.id))
    answering.call_me(asked.survey, asked.answer, number)
    return redirect(url_for(".thank"), 303)
