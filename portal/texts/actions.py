"""Writing words of one's own, going back to the portal's, and giving them to a message that leaves."""

from collections.abc import Mapping

from portal.core import clock, db, events, installation, scope, signing
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import versions
from portal.creditors.versions import Overtaken
from portal.messages import levels, tone
from portal.messages.models import Message
from portal.messages.rendering import OwnWords
from portal.people import mails
from portal.people import queries as people
from portal.texts import queries, rules
from portal.texts.events import OwnTextLeft, OwnTextSetAside, OwnTextWritten
from portal.texts.models import OwnText
from portal.texts.slots import CHANNELS, Slot
from portal.web import i18n


def write(
    slot: Slot, words: Mapping[str, str], *, by: int | None, after: int, second: Mapping[str, str] | None = None
) -> OwnText | None:
    """A new version of this place after version `after`; None where nothing differs. Without words the portal's own.

    With a `second` wording each customer gets one of the two, always the same.

    Raises NotAllowedNow for words that the tone gate refuses, Overtaken where somebody else wrote meanwhile.
    """
    other = dict(second or {})
    if any(not _may_leave(slot, one) for one in (words, other) if one) or (other and not words):
        raise NotAllowedNow(t("These words cannot be sent like this."))
    before = queries.newest(slot)
    if (dict(words), other) == ((before.words, before.second) if before is not None else ({}, {})):
        return None
    number = before.number if before is not None else 0
    if number != after:
        raise Overtaken(before)
    where = {"key": slot.key, "channel": slot.channel, "segment": slot.segment, "language": slot.language}
    row = versions.add(OwnText, number + 1, by, {**where, "words": dict(words), "second": other})
    if row is None:
        raise Overtaken(queries.newest(slot))
    told = OwnTextWritten if words else OwnTextLeft
    events.record(told(own_text_id=row.id, key=row.key, channel=row.channel, version=row.number))
    db.session().flush()
    return row


def own_words(message: Message) -> OwnWords | None:
    """The creditor's own words for a message that is about to leave; None where the portal's own go.

    They are read through the tone gate once more: what it did not know when they were saved it may know by now.
    """
    if message.key not in levels.KEYS or message.channel not in CHANNELS:
        return None
    language = i18n.known(message.language) or i18n.DEFAULT
    slot = Slot(message.key, message.channel, queries.kind_of(message.debtor_id) or "", language)
    row = queries.newest(slot)
    if row is None or not row.words:
        return None
    if any(not _may_leave(slot, one) for one in (row.words, row.second) if one):
        _set_aside(row)
        return None
    if not row.second:
        return OwnWords(row.id, row.words)
    wording = _wording(row, message.debtor_id)
    return OwnWords(row.id, row.words if wording == rules.A else row.second, wording)


def _may_leave(slot: Slot, words: Mapping[str, str]) -> bool:
    return set(words) == set(slot.parts) and not tone.check(words, slot.language, first=slot.is_first)


def _wording(row: OwnText, debtor_id: int) -> str:
    """Which of the two a customer gets: the one of before, else one half each, by a hash that nobody can choose."""
    before = queries.wording_of(row.id, debtor_id)
    return before or rules.side(signing.keyed_hash(installation.keys(), "wording", f"{row.id}:{debtor_id}"))


def _set_aside(row: OwnText) -> None:
    """Says once that the portal's own words go instead: to whoever wrote them, or to who decides here."""
    if row.set_aside_at is not None:
        return
    row.set_aside_at = clock.now()
    events.record(OwnTextSetAside(own_text_id=row.id, key=row.key, channel=row.channel, version=row.number))
    creditor_id = scope.current().creditor_id
    writer = [staff for staff, _role in people.own(creditor_id) if staff.id == row.made_by]
    for staff in writer or people.deciders(creditor_id):
        mails.plan(mails.WORDS_SET_ASIDE, staff.email, staff.language, {}, staff_id=staff.id)
