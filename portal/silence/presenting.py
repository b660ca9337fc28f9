"""Who may be spoken to, in words: for colleagues on the customer's card, for the customer on their first page."""

from typing import Any

from flask import url_for

from portal.core import clock
from portal.core.text import Text, t
from portal.debtors.visits import Current
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.silence import limitation, queries, rules
from portal.silence.models import Silence
from portal.silence.rules import Silent
from portal.silence.states import SilenceStatus
from portal.web import i18n

DIFFICULT = t("It is hard for them to pay just now")
EVERYTHING = t("Everything of theirs")


def may_know() -> bool:
    """Whether whoever looks may read what few may know (rule C-26)."""
    return person().may(Permission.HARDSHIP)


def reason(one: Silent) -> Text:
    """Why, as far as whoever looks may know it."""
    if not one.private or not may_know():
        return one.label
    return DIFFICULT if one.reason == rules.DIFFICULTY else rules.REASONS.get(one.reason, one.label)


def said(one: Silent | None) -> str:
    """One line for the customer's card; empty where everybody may speak to them."""
    if one is None:
        return ""
    why = i18n.say(reason(one))
    if one.until is None:
        return why
    return i18n.say(t("%(why)s, until %(until)s", why=why, until=i18n.short_day(_day(one.until))))


def _day(moment: Any) -> Any:
    return clock.day_of(moment, person().creditor.time_zone)


# The page


def rows(debtor_id: int) -> list[dict[str, Any]]:
    """Everything that rests now: what is set here first, then the customer's own word, then each due item."""
    private = may_know()
    kept = [one for one in queries.of_debtor(debtor_id, private=private) if one.status is SilenceStatus.SET]
    names = people.names([one.set_by for one in kept])
    known = queries.known([debtor_id])
    about = queries.documents([*known.items, *(one.due_item_id for one in kept if one.due_item_id)])
    found = [_kept(one, names, about) for one in kept if one.until is None or one.until > clock.now()]
    if private:
        found += [_found(one, None) for one in known.debtors.get(debtor_id, []) if one.reason == rules.DIFFICULTY]
    elif any(one.private for one in known.debtors.get(debtor_id, [])):
        found.append(
            {"what": rules.HELD_BACK, "about": i18n.say(EVERYTHING), "facts": [], "words": "", "end_url": None}
        )
    for item_id, several in known.items.items():
        found += [_found(one, about.get(item_id)) for one in several if one.reason not in rules.REASONS]
    return found


def past(debtor_id: int) -> list[dict[str, Any]]:
    """What was set once and is over."""
    over = [one for one in queries.of_debtor(debtor_id, private=may_know()) if one.status is SilenceStatus.ENDED]
    names = people.names([*(one.set_by for one in over), *(one.ended_by for one in over)])
    about = queries.documents([one.due_item_id for one in over if one.due_item_id])
    return [_kept(one, names, about) for one in over]


def _kept(one: Silence, names: dict[int, str], about: dict[int, queries.About]) -> dict[str, Any]:
    runs = one.status is SilenceStatus.SET
    facts = [
        (t("Since"), _moment(one.since)),
        (t("Until"), _until(one) if runs else _moment(one.status_at)),
        (t("Set by"), names.get(one.set_by, "–")),
        (t("Ended by"), names.get(one.ended_by, "–") if one.ended_by else ""),
        (t("Who speaks for them"), one.speaks_for or ""),
        (t("How to reach that person"), one.reached_at or ""),
    ]
    return {
        "what": rules.REASONS.get(one.reason, rules.HELD_BACK),
        "about": _about(about.get(one.due_item_id or 0)),
        "facts": [(i18n.say(label), value) for label, value in facts if value],
        "words": one.words or "",
        "end_url": url_for("silence_creditor.end", silence_id=one.id) if runs and may_know() else None,
        "seen": str(one.version),
    }


def _until(one: Silence) -> str:
    return _moment(one.until) if one.until else i18n.gettext("somebody ends it")


def _found(one: Silent, about: queries.About | None) -> dict[str, Any]:
    """What stands elsewhere, and ends there."""
    facts = [(t("Since"), _moment(one.since)), (t("Until"), _moment(one.until) if one.until else "")]
    return {
        "what": reason(one),
        "about": _about(about),
        "facts": [(i18n.say(label), value) for label, value in facts if value],
        "words": "",
        "end_url": None,
    }


def _about(about: queries.About | None) -> str:
    if about is None:
        return i18n.say(EVERYTHING)
    return i18n.say(t("Invoice %(number)s, due %(day)s", number=about.number, day=i18n.short_day(about.due_on)))


def _moment(moment: Any) -> str:
    return i18n.moment(moment, person().creditor.time_zone)


# The time to ask, on the invoice


def limits(item_ids: list[int]) -> list[tuple[str, str]]:
    """Of an invoice that is open: until when it may be asked for, or that this is over, and why."""
    found = queries.limits_of(item_ids, person().creditor.time_zone)
    rows = []
    for one in (found[item_id] for item_id in item_ids if item_id in found):
        rows.append((i18n.gettext("May be asked for"), limit(one)))
        if one.quiet is not None:
            rows.append((i18n.gettext("Nobody writes about it"), said(one.quiet)))
    return rows


def limit(one: queries.Limit) -> str:
    last = i18n.day(one.last_day)
    if not one.is_over:
        return i18n.say(t("until %(day)s", day=last))
    return i18n.say(t("%(over)s: it ended on %(day)s", over=rules.TIME_IS_OVER, day=last))


def restart(how: str) -> Text:
    return t("they paid a part") if how == queries.PAID else limitation.RESTARTS[how]


# The customer's side

_THEIRS = {
    rules.REPRESENTED: t("Somebody speaks for you, so we write to them and not to you."),
    rules.INSOLVENCY: t("We do not write to you for now."),
    rules.BREATHING_SPACE: t("We do not write to you for now."),
}


def notice(visit: Current) -> str:
    """One calm sentence where we leave them alone and they may wonder why; none where it would say too much.

    Only through a link to the whole account: it is about the person (rule A-07).
    """
    if not visit.may_answer or visit.invoice_id is not None:
        return ""
    said = next((_THEIRS[one] for one in queries.set_for(visit.debtor_id) if one in _THEIRS), None)
    return i18n.say(said) if said is not None else ""
