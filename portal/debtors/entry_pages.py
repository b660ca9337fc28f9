"""From the link to the gate to the visit (house.md §3). Before the gate nothing personal is shown (rule A-27)."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import current_app, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from portal.core import clock, db, ids
from portal.core.link_addresses import ON_PAPER
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.debtors import browsers, facts, gate, held, links, typed_codes, visits
from portal.debtors.models import Debtor
from portal.web import i18n, limits
from portal.web.edge import CHANGING
from portal.web.forms import Form
from portal.web.gates import no_duplicate_fields, open_blueprint
from portal.web.templating import forget_session

blueprint = open_blueprint("entry", __name__, why="a link or a code is all that a debtor has; the fact comes here")

blueprint.before_request(no_duplicate_fields)

PRE_VISIT_SECONDS = 15 * 60
MOST_CHOSEN = 20  # documents that a page is opened with again


@blueprint.get("/l/<token>")
def open_link(token: str) -> Any:
    """A message's link: kept in the cookie, gone from the address, nothing changed (rules A-20, A-30)."""
    return _open(links.PORTAL, token)


@blueprint.get("/q/<token>")
@blueprint.get("/Q/<token>")
def open_code(token: str) -> Any:
    """The code on a paper invoice; capitals or not (rule A-80)."""
    return _open(links.QR, token)


def _open(purpose: str, token: str) -> Any:
    limits.check(limits.BAD_TOKENS, "token")
    found = links.look_up(purpose, token)
    if found is None:
        limits.count_bad_token("token")
        raise NotFound  # unknown, malformed and revoked look the same (rule A-11)
    return _let_in(found, purpose)


def _let_in(found: links.Found, purpose: str) -> Any:
    """The link is kept in the cookie and the gate comes next; the same link within its visit goes on with it."""
    gate.note(found.link, gate.FETCHED, gate.client_label(request.user_agent.string))
    answer = redirect(url_for("entry.show_gate"), 303)
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        return answer
    if session.get("link") == found.link.id and visits.goes_on(found.link.id):
        return redirect(url_for("home_debtor.show"), 303)  # the same link again, within its visit
    kept = held.carried() if session.get("link") == found.link.id else {}
    _forget_all_but(kept)  # another link: the first visit is over in this browser (rule A-51)
    if kept:
        session["link"] = found.link.id
    if "lang" not in session:  # the language of the message that the link came in, from the first page on
        session["spoken"] = db.session().scalar(select(Debtor.language).where(Debtor.id == found.link.debtor_id))
    session["pre"] = [found.link.id, purpose, _now_seconds()]
    return answer


def _forget_all_but(kept: dict[str, Any]) -> None:
    """A new session (rule A-50) in the same language."""
    chosen = session.get("lang")
    forget_session()
    if chosen:
        session["lang"] = chosen
    session.update(kept)


@blueprint.get("/t")
def show_typing() -> Any:
    """For the code on a letter, typed by who has no camera."""
    return _typing_page(Form())


@blueprint.post("/t")
def submit_typed() -> Any:
    """Unknown, malformed and revoked codes get one answer (rule A-11), and few tries (A-12)."""
    limits.check(limits.TYPED_CODES, "typed")
    limits.check(limits.BAD_TOKENS, "token")
    form = Form()
    found = typed_codes.look_up(form.text("code", longest=40))
    if found is not None:
        return _let_in(found, links.TYPED)
    limits.count(limits.TYPED_CODES, "typed")
    limits.count_bad_token("token")
    form.wrong["code"] = t("We do not find this code. Please compare it with the letter, letter by letter.")
    return _typing_page(form)


def _typing_page(form: Form) -> Any:
    common = common_values(None, t("Type your code"))
    page = render_template(
        "debtors/typed.html",
        typed_url=url_for("entry.submit_typed"),
        code=form.typed.get("code", ""),
        errors=form.errors,
        **common,
    )
    return page, 422 if form.wrong else 200


def _now_seconds() -> int:
    return int(clock.now().timestamp())


def pre_visit() -> links.Found | None:
    """The link that this browser opened within the last quarter of an hour; proves nothing."""
    kept = session.get("pre")
    if not isinstance(kept, list) or len(kept) != 3:
        return None
    link_id, purpose, opened = kept
    if not ids.is_id(link_id) or purpose not in links.PURPOSES or type(opened) is not int:
        return None  # written by another release, under the same key
    return links.by_id(link_id, purpose) if _now_seconds() - opened <= PRE_VISIT_SECONDS else None


@blueprint.get("/gate")
def show_gate() -> Any:
    found = pre_visit()
    if found is None:
        return no_link()
    return _gate_page(found, Form())


def _gate_page(found: links.Found, form: Form) -> Any:
    link = found.link
    common = common_values(found)
    if is_expired(link):
        page = "debtors/code_asleep.html" if link.purpose in ON_PAPER else "debtors/link_expired.html"
        return render_template(page, new_link_url=url_for("door.ask_new_link"), **common)
    question = _question(found)
    if question is None or gate.is_frozen(link):
        return render_template(
            "debtors/link_frozen.html",
            new_link_url=url_for("door.ask_new_link") if link.contact_point_id else None,
            **common,
        ), 403
    field = {
        "id": "fact",
        "label": i18n.say(question.label),
        "hint": i18n.say(question.hint),
        "where": i18n.say(question.where),
        "autocomplete": "off",
        "inputmode": question.inputmode,
        "maxlength": question.maxlength,
    }
    page = render_template(
        "debtors/gate.html",
        gate_url=url_for("entry.pass_gate"),
        fact=field,
        value=form.typed.get("fact", ""),
        errors=form.errors,
        not_me_url=url_for("not_me.show"),
        goes_on=held.waits(),
        **common,
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/gate")
def pass_gate() -> Any:
    """Judges one typed fact; the try is counted first, in a transaction of its own."""
    found = pre_visit()
    if found is None:
        return no_link()
    limits.check(limits.WRONG_FACTS, "fact")
    link, form = found.link, Form()
    typed = form.text("fact", longest=80, needed=t("Please type it in: without it we cannot open the document."))
    question = _question(found)
    if is_expired(link) or question is None or form.wrong:
        return _gate_page(found, form)
    client = gate.client_label(request.user_agent.string)
    if gate.claim_try(link) is gate.Try.FROZEN:
        return _gate_page(found, form)
    if not question.is_right(typed):
        limits.count(limits.WRONG_FACTS, "fact")
        gate.note_wrong_fact(link, client)
        form.wrong["fact"] = t("That is not what we have. Please check it and try once more.")
        return _gate_page(found, form)
    visit = gate.admit(link, 1 if link.purpose in ON_PAPER else 2, browsers.device_class(request.user_agent.string))
    if visit is None:
        raise NotFound  # as everywhere for a revoked link (rule A-11)
    kept = held.carried() if session.get("link") == link.id else {}
    _forget_all_but(kept)  # a new level, a new session (rule A-50)
    session["link"] = link.id
    visits.remember(visit)
    return redirect(held.lead() or url_for("home_debtor.show"), 303)


def is_expired(link: Any) -> bool:
    return bool(link.expires_at <= clock.now())


def _question(found: links.Found) -> facts.Question | None:
    link = found.link
    if link.purpose in ON_PAPER:
        paper = current_app.extensions["portal.paper"](link.invoice_id)
        return facts.paper_question(*paper) if paper is not None else None
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == link.debtor_id)).one()
    return facts.question(creditors.by_id(found.creditor_id).gate_fact, gate.held_of(debtor))


def common_values(found: links.Found | None, title: Text | None = None) -> dict[str, Any]:
    """What every page before the gate shows: the creditor's name and phone, no more (decision 6)."""
    face = creditors.face(found.creditor_id) if found is not None else None
    return {
        "title": i18n.say(title or t("A document for you")),
        "creditor": face,
        "brand_css_url": face.brand_css_url if face else None,
        "genuine_url": url_for("door.show_genuine"),
        "privacy_url": url_for("door.show_privacy"),
    }


def to_the_gate_again() -> str | None:
    """The gate's address for the link of the visit that has ended in this browser: it asks for the fact once more.

    Whether the link still opens is for the gate to say; None where the browser names none that is live.
    """
    link_id = session.get("link")
    purpose = links.purpose_of(link_id) if isinstance(link_id, int) and ids.is_id(link_id) else None
    if purpose is None:
        return None
    session["pre"] = [link_id, purpose, _now_seconds()]
    return url_for("entry.show_gate")


def back_through_the_gate(page: str, *, typed_for: str | None = None) -> Any:
    """For a page whose visit has run out: the gate asks once more, and then leads to `page` with what was typed."""
    gate_url = to_the_gate_again()
    if gate_url is None:
        return no_link()
    held.keep(page, typed_for=typed_for)
    return redirect(gate_url, 303)


def without_visit() -> Any:
    """For every page behind the gate that says nothing else: on through the gate, with what was typed."""
    return back_through_the_gate(_page_asked_for())


def _page_asked_for() -> str:
    """The page on which the form stood that was sent, or that was asked for; of its query the chosen ids alone."""
    asked = [request.full_path]
    if request.method in CHANGING and (request.referrer or "").startswith(request.host_url):
        asked.insert(0, (request.referrer or "").removeprefix(request.host_url.rstrip("/")))
    return next(filter(None, map(_page_at, asked)), url_for("home_debtor.show"))


def _page_at(address: str) -> str | None:
    """The page behind the gate at this address, or above it: a form with errors stands where it was sent to."""
    wanted = urlsplit(address)
    path, pages = wanted.path, current_app.url_map.bind("")
    while path.startswith("/d/") and not pages.test(path, "GET"):
        path = path.rpartition("/")[0]
    if not path.startswith("/d/"):
        return None
    chosen = [(name, value) for name, value in parse_qsl(wanted.query) if name.endswith("[]")][:MOST_CHOSEN]
    return f"{path}?{urlencode(chosen)}" if chosen else path


def no_link(status: int = 403) -> Any:
    """No live pre-visit: say how to come back, without a word about anybody."""
    return render_template("debtors/no_link.html", **common_values(None, t("Open the link again"))), status
