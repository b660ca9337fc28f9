"""What somebody promised, says is paid, or reported: nobody reminds of it. Read off history, not off the holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import ids
from portal.hardship.models import Rest
from portal.invoices import holds
from portal.invoices.models import DueItem
from portal.messages.models import CourtesyStop, Message
from portal.reminders.models import Touch
from portal.simulator.invariants import invariant
from portal.simulator.invariants.systems import message_of, new_mails
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World

ROME = ZoneInfo("Europe/Rome")


@dataclass(slots=True)
class Word:
    """What was said of a due item, and for how long it counts; history tells whole seconds."""

    reason: str
    since: datetime
    until: date | None = None
    ended_at: datetime | None = None

    def counts(self, at: datetime) -> bool:
        """Just before that moment."""
        if self.since >= at.replace(microsecond=0) or (
            self.until is not None and at.astimezone(ROME).date() > self.until
        ):
            return False
        return self.ended_at is None or self.ended_at > at


class Words:
    """Of one creditor: what its customers have said of each due item, told by the events in their order."""

    def __init__(self) -> None:
        self.by_item: dict[int, list[Word]] = {}

    def say(self, row: Any, item_ids: list[int], reason: str, until: str | None = None) -> None:
        for item_id in item_ids:
            self.end(row, [item_id], reason)
            last = date.fromisoformat(until) if until else None
            self.by_item.setdefault(item_id, []).append(Word(reason, row.at, last))

    def end(self, row: Any, item_ids: list[int], *reasons: str) -> None:
        for item_id in item_ids:
            for word in self.by_item.get(item_id, []):
                if word.ended_at is None and (not reasons or word.reason in reasons):
                    word.ended_at = row.at


def _ids(row: Any) -> list[int]:
    return [ids.read(one) for one in row.data.get("item_ids", [])]


def _of_invoice(picture: Picture, invoice_id: int) -> list[int]:
    return [one.id for one in picture.of(DueItem) if one.invoice_id == invoice_id]


Hear = Callable[[Words, Picture, Any], None]


def _promised(words: Words, _picture: Picture, row: Any) -> None:
    words.say(row, _ids(row), holds.PROMISED, row.data["pay_on"])


def _promise_over(words: Words, _picture: Picture, row: Any) -> None:
    words.end(row, _ids(row), holds.PROMISED)


def _claimed(words: Words, _picture: Picture, row: Any) -> None:
    words.say(row, _ids(row), holds.ALREADY_PAID, row.data["until"])


def _claim_over(words: Words, _picture: Picture, row: Any) -> None:
    words.end(row, _ids(row), holds.ALREADY_PAID)


def _reported(words: Words, picture: Picture, row: Any) -> None:
    words.say(row, _of_invoice(picture, row.subject_id), holds.PROBLEM_REPORTED)


def _all_is_fine(words: Words, picture: Picture, row: Any) -> None:
    words.end(row, _of_invoice(picture, row.subject_id), holds.PROBLEM_REPORTED)


def _case_over(words: Words, picture: Picture, row: Any) -> None:
    case = picture.by_id(Case).get(row.subject_id)
    if case is not None and case.kind in kinds.ABOUT_A_DOCUMENT and row.data["outcome"] != kinds.TAKEN_BACK:
        _all_is_fine(words, picture, _About(row.at, case.subject_id))


def _settled(words: Words, _picture: Picture, row: Any) -> None:
    if row.data["open_minor"] == 0:
        words.end(row, [row.subject_id])


def _by_hand(words: Words, _picture: Picture, row: Any) -> None:
    if row.data.get("why"):
        reason = {holds.NOT_RECEIVED: holds.PROBLEM_REPORTED}.get(row.data["reason"], row.data["reason"])
        words.end(row, [row.subject_id], reason)


@dataclass(frozen=True, slots=True)
class _About:
    at: datetime
    subject_id: int


# What each event says of due items: a voice more is a line more.
HEARD: Mapping[str, Hear] = {
    "promise.made": _promised,
    "promise.amended": _promised,
    "promise.reopened": _promised,
    **dict.fromkeys(("promise.kept", "promise.broken", "promise.overtaken", "promise.expired"), _promise_over),
    "promise.cancelled": _promise_over,
    "already_paid.claimed": _claimed,
    "already_paid.corrected": _claimed,
    "already_paid.resolved": _claim_over,
    "receipt.problem_reported": _reported,
    "receipt.denied": _reported,
    "receipt.confirmed": _all_is_fine,
    "case.closed": _case_over,
    "item.settled": _settled,
    "item.released": _by_hand,
}


def _heard(world: World, picture: Picture) -> Words:
    words: Words = world.seen.setdefault(("words", picture.house.slug), Words())
    for row in picture.news("words"):
        hear = HEARD.get(row.name)
        if hear is not None:
            hear(words, picture, row)
    return words


def new_of_ours(world: World, who: str) -> Iterator[tuple[Picture, Any, datetime]]:
    """Mails that nobody asked for and that left since `who` looked: whose, which message, when."""
    for mail in new_mails(world, who):
        message_id = message_of(mail)
        for picture in pictures(world):
            message = picture.by_id(Message).get(message_id or 0)
            if message is not None and not message.asked_for:
                yield picture, message, mail.received_at


@invariant()
def nobody_is_reminded_of_what_they_spoke_for(world: World) -> Iterator[str]:
    """No caring message leaves about due items of which each is promised, said to be paid, or reported as wrong or
    missing at that moment, by what history says was said (rule C-13)."""
    heard = {picture.house.slug: _heard(world, picture) for picture in pictures(world)}
    for picture, message, at in new_of_ours(world, "spoken for"):
        touched = [row.due_item_id for row in picture.of(Touch) if row.message_id == message.id]
        words = heard[picture.house.slug].by_item
        said = [next((one.reason for one in words.get(item, []) if one.counts(at)), None) for item in touched]
        if said and all(said):
            why = ", ".join(sorted({str(one) for one in said}))
            yield f"{picture.house.slug}: message {message.id} of {at} speaks of what is {why}"


@invariant()
def nothing_of_ours_reaches_who_rests(world: World) -> Iterator[str]:
    """While a customer rests nothing leaves to them but what they asked for (rule C-32)."""
    rests: dict[tuple[str, int], tuple[datetime, datetime | None]] = world.seen.setdefault("rests", {})
    for picture in pictures(world):
        for row in picture.news("rests"):
            if row.name == "rest.begun":
                rests[picture.house.slug, row.debtor_id] = (row.at, None)
            elif row.name == "rest.ended":
                rests[picture.house.slug, row.debtor_id] = (rests[picture.house.slug, row.debtor_id][0], row.at)
    for picture, message, at in new_of_ours(world, "rests"):
        since, ended_at = rests.get((picture.house.slug, message.debtor_id), (at, None))
        until = next((row.until for row in picture.of(Rest) if row.debtor_id == message.debtor_id), at)
        over = min(until, ended_at) if ended_at is not None else until
        if since < at.replace(microsecond=0) and at < over:
            yield f"{picture.house.slug}: {message.key} of {at} to {message.debtor_id}, who rests since {since}"


@invariant()
def who_stopped_courtesy_gets_none(world: World) -> Iterator[str]:
    """Whoever pressed "stop" in a courtesy mail gets no other of its kind at that address (rules A-36, C-50)."""
    for picture, message, at in new_of_ours(world, "courtesy"):
        for stop in picture.of(CourtesyStop):
            is_theirs = stop.contact_point_id == message.contact_point_id and stop.kind == message.key
            if is_theirs and stop.stopped_at < at and (stop.resumed_at is None or stop.resumed_at > at):
                yield f"{picture.house.slug}: {message.key} of {at}, stopped at {stop.stopped_at}"
