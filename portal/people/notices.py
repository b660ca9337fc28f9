"""What the mails to the creditor's own side say: plain text, in the reader's language, made when it is sent."""

import contextvars
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core import clock, ids, installation, mail
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.people import actions, grave_settings, mails, queries, roles
from portal.people.models import StaffMail
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class Notice:
    """Subject and sentences; a path is where the reader can act, on the staff's side."""

    subject: Text
    sentences: tuple[Text, ...]
    path: str | None = None


_NOT_YOU = t("Was it not you? Then call %(creditor)s at once, and change your password.")
_IN_DOUBT = t("You know nothing of it? Then call %(creditor)s at once: an administrator can still call it off.")

NOTICES: Mapping[str, Notice] = {
    mails.INVITATION: Notice(
        t("%(creditor)s invites you to work with them"),
        (
            t("%(by)s would like you to work for %(creditor)s as %(role)s."),
            t("This address lets you in. It works once, until %(until)s:"),
        ),
    ),
    mails.PASSWORD_CHANGED: Notice(
        t("Your password has changed"),
        (t("your password has changed on %(at)s. All your other sessions are over."), _NOT_YOU),
    ),
    mails.SECOND_FACTOR_ON: Notice(
        t("Signing in now asks for a code too"),
        (t("since %(at)s signing in asks you for a code from your telephone."), _NOT_YOU),
    ),
    mails.SECOND_FACTOR_OFF: Notice(
        t("Signing in no longer asks for a code"),
        (t("since %(at)s signing in asks for your password alone."), _NOT_YOU),
    ),
    mails.SECOND_FACTOR_RESET: Notice(
        t("The code from your telephone was reset"),
        (
            t("%(by)s has reset the code from your telephone on %(at)s. You are signed out everywhere."),
            t("When you sign in again, you set it up anew."),
            _NOT_YOU,
        ),
    ),
    mails.RECOVERY_USED: Notice(
        t("A recovery code was used"),
        (t("somebody signed in as you with a recovery code on %(at)s. You have %(left)s left."), _NOT_YOU),
    ),
    mails.ACCOUNT_ASKED: Notice(
        t("Another bank account was asked for"),
        (
            t("%(by)s has asked that money for %(creditor)s goes to another bank account, ending in %(ending)s."),
            t("Nothing changes yet: a second person must approve it, and then a whole day passes."),
            _IN_DOUBT,
        ),
        "/c/settings/account",
    ),
    mails.ACCOUNT_APPROVED: Notice(
        t("Another bank account was approved"),
        (
            t("%(by)s has approved the other bank account of %(creditor)s, ending in %(ending)s."),
            t("From %(from)s on money goes there. Until then it goes where it always did."),
            _IN_DOUBT,
        ),
        "/c/settings/account",
    ),
    mails.ACCOUNT_DONE: Notice(
        t("The bank account has changed"),
        (
            t("since %(at)s money for %(creditor)s goes to the bank account ending in %(ending)s."),
            t("You know nothing of it? Then call %(creditor)s at once."),
        ),
        "/c/settings/account",
    ),
    mails.ACCOUNT_CALLED_OFF: Notice(
        t("The bank account stays as it was"),
        (t("the other bank account of %(creditor)s, ending in %(ending)s, was called off. Nothing has changed."),),
        "/c/settings/account",
    ),
    mails.SETTINGS_CHANGED: Notice(
        t("A setting that protects your customers has changed"),
        (
            t("%(by)s has changed this for %(creditor)s on %(at)s: %(what)s."),
            t("You know nothing of it? Then call %(creditor)s at once, and change it back."),
        ),
        "/c/settings",
    ),
    mails.CREDIT_ALERTS: Notice(
        t("New alerts about your customers' credit"),
        (t("new alerts at %(creditor)s that are for you: %(count)s."),),
        "/c/credit/alerts",
    ),
    mails.DIGEST: Notice(
        t("Your morning at a glance"),
        (
            t("here is how today begins at %(creditor)s."),
            t("Due today: %(due_today)s. Past their date and open: %(overdue)s."),
            t("Since the last working morning: answers from customers %(answered)s, payments %(paid)s."),
            t("Waiting in the queue: %(todo)s, of these yours: %(mine)s."),
            t("You would rather not get this mail? Switch it off under “Morning mail” on the page Today."),
        ),
        "/c/",
    ),
    mails.MONTH: Notice(
        t("The month on paper is there"),
        (
            t("the figures of last month at %(creditor)s are ready to be read and printed."),
            t("You would rather not get this mail? Switch it off on the same page."),
        ),
        "/c/figures/months",
    ),
    mails.WORDS_SET_ASIDE: Notice(
        t("Your own words for a message did not leave"),
        (
            t("%(creditor)s has written words of its own for a message. Something in them may not leave any more."),
            t("Until somebody changes it, the portal's own words go to your customers. The page marks what it is."),
        ),
        "/c/settings/texts",
    ),
}


class NothingToSay(Exception):
    """The mail is about something that is over by now; `why` is kept with its row."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def compose(row: StaffMail, face: Face) -> bytes:
    """The mail's bytes, the same Message-ID on each try. Raises NothingToSay, or ValueError for a bad address."""
    # In a copy of the context: the language of this mail is nobody else's.
    return contextvars.copy_context().run(_compose, row, face)


def _compose(row: StaffMail, face: Face) -> bytes:
    i18n.use(row.language)
    settings, notice = installation.settings(), NOTICES[row.key]
    said = {"creditor": face.display_name, "at": _moment(row.planned_at, face), **_params(row, face)}
    lines = [i18n.gettext("Good day,"), *(_say(sentence, said) for sentence in notice.sentences)]
    if said.get("reason"):
        lines.append(_say(t("The reason given: %(reason)s"), said))
    if "address" in said:
        lines.append(str(said["address"]))
    elif notice.path is not None:
        lines.append(_say(t("Look at it here: %(url)s"), {"url": actions.staff_address(notice.path)}))
    return mail.compose(
        mail.Mail(
            sender=settings.smtp.sender,
            sender_name=settings.operator.name,
            to=row.to_address,
            subject=_say(notice.subject, said),
            text="\n\n".join(lines) + "\n",
            message_id=mail.message_id(ids.spell(row.id), settings.smtp.sender),
            date=row.planned_at,
        )
    )


def _params(row: StaffMail, face: Face) -> dict[str, Any]:
    if row.key == mails.INVITATION:
        return _invitation(row, face)
    said = dict(row.params)
    if row.key == mails.SETTINGS_CHANGED:
        said["what"] = ", ".join(i18n.say(grave_settings.WHAT[name]) for name in said["fields"])
    if "from" in said:
        said["from"] = _moment(datetime.fromisoformat(said["from"]), face)
    return said


def _invitation(row: StaffMail, face: Face) -> dict[str, Any]:
    """With the address, which is made here and kept nowhere."""
    invitation = queries.live_invitation(row.about_id) if row.about_id is not None else None
    if invitation is None:
        raise NothingToSay("the invitation works no more")
    role = roles.read(invitation.role or "")
    return {
        "by": row.params.get("by", face.display_name),
        "role": i18n.say(role.label) if role is not None else "",
        "until": _moment(invitation.expires_at, face),
        "address": actions.invitation_address(invitation.id),
    }


def _moment(at: datetime, face: Face) -> str:
    return i18n.moment(at, face.time_zone)


def _say(text: Text, said: Mapping[str, Any]) -> str:
    return i18n.say(Text(text.msgid, dict(said)))


def how_it_stands(row: StaffMail | None) -> Text:
    """What became of a mail that somebody waits for."""
    if row is None:
        return t("its address was handed over by whoever runs the portal")
    if row.failed_at is not None:
        return t("the mail could not be sent: %(why)s", why=Text(row.why or ""))
    return t("the mail is on its way") if row.sent_at is None else t("the mail was sent")


def sent(row: StaffMail) -> None:
    row.sent_at, row.why = clock.now(), None


def failed(row: StaffMail, why: str) -> None:
    row.failed_at, row.why = clock.now(), why[:200]
