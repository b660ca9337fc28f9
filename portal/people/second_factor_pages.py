"""The second factor: the code after the password, setting the app up, and the recovery codes, shown once.

These pages come before a person is let in, so each looks for itself whose session it is.
"""

import logging
from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from markupsafe import Markup

from portal.core import events, ids, installation, qr, scope
from portal.core.text import t
from portal.people import codes, forms, held, passwords, queries, second_factor, sessions, tries
from portal.people.models import Staff
from portal.people.presenting import languages
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import no_duplicate_fields, open_blueprint

log = logging.getLogger(__name__)

blueprint = open_blueprint(
    "staff_second_factor", __name__, url_prefix="/c",
    why="the second factor comes before a person is let in; each page looks whose session it is",
)  # fmt: skip

blueprint.before_request(no_duplicate_fields)

_SHOWN_ONCE = "/c/second-factor/codes"  # the page that shows fresh recovery codes, once
_WRONG = t("This code does not fit. Please take the one that your telephone shows now.")


def _plain(form: Form) -> dict[str, Any]:
    """What layouts/plain.html needs."""
    return {"errors": form.errors, "error_of": dict(form.errors), "languages": languages()}


def _wanted() -> str | None:
    return sessions.safe_next(request.args.get("next"))


def _onward() -> str:
    return _wanted() or url_for("today_creditor.show")


def _to_login() -> Any:
    return redirect(url_for("staff_entry.show_login", next=_wanted()), 303)


# The code after the password


@blueprint.get("/code")
def show_code() -> Any:
    return _to_login() if sessions.waiting_for_code() is None else _code_page(Form())


def _code_page(form: Form) -> Any:
    page = render_template(
        "people/sign_in_code.html",
        title=i18n.gettext("Your code"),
        check_url=url_for(".check_code", next=_wanted()),
        leave_url=url_for("staff_entry.sign_out"),
        **_plain(form),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/code")
def check_code() -> Any:
    """Five tries for each time the password was typed, ten wrong ones an hour for each account."""
    found = sessions.waiting_for_code()
    if found is None:
        return _to_login()
    row, staff = found
    form = Form()
    typed = form.text("code", longest=40) or form.text("recovery", longest=40)
    form.typed.clear()
    tries.check_code(staff.email)
    if not sessions.count_code_try(row.id):
        form.wrong["code"] = t("That was tried too often. Please sign in again with your password.")
        return _code_page(form)
    sessions.enter_likely_creditor(staff)
    if not second_factor.accepts(staff.id, typed):
        tries.count_code(staff.email)
        log.warning("a code was wrong", extra={"person": ids.spell(staff.id)})
        form.wrong["code"] = _WRONG
        return _code_page(form)
    sessions.pass_code(staff)
    if sessions.CREDITOR not in session:
        return redirect(url_for("staff_entry.show_choice", next=_wanted()), 303)
    return redirect(_onward(), 303)


# Setting the app up


@blueprint.get("/second-factor")
def show() -> Any:
    staff = sessions.staff_without_creditor()
    return _to_login() if staff is None else _setting_up_page(staff, Form())


def _setting_up_page(staff: Staff, form: Form) -> Any:
    secret = second_factor.pending_secret(staff.id)
    issuer = installation.settings().operator.name
    page = render_template(
        "people/second_factor.html",
        title=i18n.gettext("A code from your telephone"),
        needed=queries.needs_second_factor(staff.id),
        code_svg=_drawn(secret, staff.email, issuer) if secret is not None else "",
        secret_groups=[secret[start : start + 4] for start in range(0, len(secret), 4)] if secret is not None else [],
        account=staff.email,
        issuer=issuer,
        email=staff.email,
        begin_url=url_for(".begin", next=_wanted()),
        confirm_url=url_for(".confirm", next=_wanted()),
        leave_url=url_for("staff_entry.sign_out"),
        back_url=None if queries.needs_second_factor(staff.id) else _onward(),
        **_plain(form),
    )
    return page, 422 if form.wrong else 200


def _drawn(secret: str, account: str, issuer: str) -> Markup:
    """The code as our own SVG; not through the cache of drawn codes, which would keep the secret."""
    address = codes.address(secret, account=account, issuer=issuer)
    drawn = qr.svg.__wrapped__(address, i18n.gettext("The code for your app"))
    return Markup(drawn.svg)  # noqa: S704  # nosec B704 - ours from its first byte to its last (portal.core.qr)


@blueprint.post("/second-factor/begin")
def begin() -> Any:
    """A fresh secret for who has just typed their password; nothing that was set up before changes yet."""
    staff = sessions.staff_without_creditor()
    if staff is None:
        return _to_login()
    form = Form()
    tries.check(staff.email)
    if not passwords.is_right(staff.password_hash, forms.password()):
        tries.count(staff.email)
        form.wrong["password"] = t("This is not your password. Please try once more.")
        return _setting_up_page(staff, form)
    second_factor.begin(staff.id)
    return redirect(url_for(".show", next=_wanted()), 303)


@blueprint.post("/second-factor")
def confirm() -> Any:
    """The first code shows that the app works: it counts from now on, and this browser gets a new session (A-50)."""
    staff = sessions.staff_without_creditor()
    if staff is None:
        return _to_login()
    form = Form()
    typed = form.text("code", longest=40, needed=t("Please write the six digits that the app shows."))
    form.typed.clear()
    tries.check_code(staff.email)
    creditor_id: Any = session.get(sessions.CREDITOR)
    if ids.is_id(creditor_id) and not form.wrong:
        scope.enter(creditor_id)  # into its history, and a mail to the person
        events.act_as(events.Actor("staff", staff.id))
    made = second_factor.confirm(staff.id, typed) if not form.wrong else None
    if made is None:
        tries.count_code(staff.email)
        form.wrong.setdefault("code", _WRONG)
        return _setting_up_page(staff, form)
    sessions.begin_proved(staff, creditor_id if ids.is_id(creditor_id) else None)
    show_once(made)
    return redirect(url_for(".show_codes", next=_wanted()), 303)


def show_once(made: list[str]) -> None:
    """Lets the next page of this session show fresh recovery codes, and none after it."""
    held.keep_once(_SHOWN_ONCE, " ".join(made))


@blueprint.get("/second-factor/codes")
def show_codes() -> Any:
    """The ten recovery codes: this one time."""
    if sessions.staff_without_creditor() is None:
        return _to_login()
    found = held.take_once(_SHOWN_ONCE)
    if found is None:
        return redirect(_onward(), 303)
    answer = Response(
        render_template(
            "people/recovery_codes.html",
            title=i18n.gettext("Recovery codes"),
            codes=found.split(),
            onward_url=_onward(),
            **_plain(Form()),
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
