"""An outcome is noted; a day later the customer is asked, once and seldom; what they answer is kept."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.channel_wishes import queries as channel_wishes
from portal.core import clock, db, ids, installation, scope, signing
from portal.core.link_addresses import SURVEY
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.debtors.models import ContactPoint, Debtor
from portal.interest.due_dates import last_day
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.messages.rules import HELD_BACK
from portal.reminders import agency_caps, cadence, reading
from portal.reminders import policies as cadence_policies
from portal.reminders import queries as reminders
from portal.surveys import agency_rest, outcomes, policies, queries, whom
from portal.surveys.events import SurveyAsked, SurveyLetGo, SurveyNoted
from portal.surveys.models import Survey
from portal.surveys.states import MACHINE, SurveyStatus

S = SurveyStatus
ASKED, REMINDED = "survey_asked", "survey_reminder"  # the keys of the messages
KEYS = frozenset({ASKED, REMINDED})
NO_WAY, TOO_LATE, OFF = t("no way leads to them"), t("it was too long ago"), t("nobody is asked")
ANSWERED = t("they have answered already")


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended: a key of outcomes.OUTCOMES, its row, on which side of the due date, and who had spoken to them."""

    outcome: str
    subject_id: int | None = None
    phase: str | None = None
    by: int | None = None


def note(debtor_id: int, ended: Ended) -> None:
    """Something ended, one way or the other: the customer is asked about it in a day, unless they were asked lately.

    What waits to be asked already gives way only to what says more.
    """
    now = clock.now()
    row = queries.waiting(debtor_id)
    if row is not None and not outcomes.outweighs(ended.outcome, row.outcome):
        return
    if row is None:
        if whom.asked_lately(debtor_id, "", now):
            return
        segment = db.session().get_one(Debtor, debtor_id).kind
        row = Survey(id=ids.new_id(), debtor_id=debtor_id, person="", segment=segment)
        MACHINE.begin(row, S.WAITING, noted(row, ended.outcome))
    row.outcome, row.subject_id, row.phase, row.staff_id = ended.outcome, ended.subject_id, ended.phase, ended.by
    row.happened_at, row.ask_from, row.ask_until = now, now + outcomes.SOONEST, now + outcomes.LATEST
    db.session().add(row)
    db.session().flush()


def phase_of(due_on: date | None) -> str | None:
    """On which side of that due date today is."""
    today = clock.today(creditors.in_scope().time_zone)
    return outcomes.phase(last_day(due_on), today) if due_on is not None else None


def note_nothing(debtor_id: int) -> None:
    """Nothing has happened for the creditor's number of days after the due date."""
    if queries.waiting(debtor_id) is None:
        note(debtor_id, Ended(outcomes.NOTHING, phase=outcomes.AFTER))


def ask(survey_id: int) -> None:
    """Asks who waits to be asked, if nothing forbids it; else waits, and lets it go once it is too long ago."""
    row = queries.one(survey_id, lock=True)
    if row is None or row.status is not S.WAITING:
        return
    now, goes = clock.now(), channel_wishes.where_to(row.debtor_id)
    debtor = db.session().get_one(Debtor, row.debtor_id)
    why = _why_let_go(row, goes, debtor, now)
    if why is not None or goes.contact is None:
        _let_go(row, why or str(NO_WAY))
    elif whom.must_rest(row.debtor_id):
        row.why = str(HELD_BACK)  # it may be over before it is too late
    elif _is_free(row.debtor_id, now):
        _send(row, debtor, goes.contact, goes.channel)
    db.session().flush()


def _why_let_go(row: Survey, goes: channel_wishes.Goes, debtor: Debtor, now: datetime) -> str | None:
    """Why they are not asked at all, or None."""
    if now >= row.ask_until:
        return row.why or str(TOO_LATE)
    if not policies.current().on or not whom.still_stands(row):
        return str(OFF)
    if goes.contact is None:
        return str(NO_WAY)
    row.person = person(debtor, goes.contact.address)
    lately = whom.asked_lately(row.debtor_id, row.person, now)
    return str(HELD_BACK) if lately or not agency_rest.may_ask(debtor, goes.contact.address) else None


def _send(row: Survey, debtor: Debtor, contact: ContactPoint, channel: str) -> None:
    now = clock.now()
    who_had_spoken(row, now)
    link = links.issue(
        row.debtor_id, purpose=SURVEY, campaign=ASKED, expires_at=now + outcomes.LINK, contact_point_id=contact.id
    )
    message = _write(ASKED, debtor, contact, channel, link.id)
    row.link_id, row.message_id, row.contact_point_id = link.id, message.id, contact.id
    row.channel, row.asked_at, row.why = channel, now, None
    MACHINE.move(row, S.ASKED, asked(row))


def noted(row: Survey, outcome: str) -> SurveyNoted:
    return SurveyNoted(survey_id=row.id, debtor_id=row.debtor_id, outcome=outcome)


def asked(row: Survey) -> SurveyAsked:
    return SurveyAsked(survey_id=row.id, debtor_id=row.debtor_id, outcome=row.outcome, channel=str(row.channel))


def person(debtor: Debtor, address: str) -> str:
    """One customer under two codes is one person; a hash, for nobody need read here who that is."""
    about = f"{scope.current().creditor_id}:{agency_caps.known_by(debtor, address)}"
    return signing.keyed_hash(installation.keys(), "surveyed", about)


def _is_free(debtor_id: int, now: datetime) -> bool:
    """A lawful hour, on a day on which nothing else of ours goes to them, within their week's most."""
    creditor = creditors.in_scope()
    if reminders.next_moment(debtor_id, creditor) > now:
        return False
    spoken = reading.spoken_on([debtor_id], now, creditor.time_zone).get(debtor_id, set())
    today = clock.day_of(now, creditor.time_zone)
    return cadence.capped_until(spoken, today, cadence_policies.current().per_week) is None


def who_had_spoken(row: Survey, now: datetime) -> None:
    """What the figures are parted by, as it was when they were asked."""
    touch = whom.last_touch(row.debtor_id, now)
    if touch is not None:
        row.touch_key, row.own_text_id, row.wording = touch.key, touch.own_text_id, touch.wording
    row.staff_id = row.staff_id or whom.spoke_last(row.debtor_id, now)
    row.organisation_id = whom.agency_of(row.staff_id) if row.staff_id is not None else None
    if row.organisation_id is None and row.staff_id is None:
        row.organisation_id = agency_rest.only_agency(row.debtor_id)


def _write(key: str, debtor: Debtor, contact: ContactPoint, channel: str, link_id: int) -> Message:
    return messages.plan(
        key,
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link_id,
        channel=channel,
    )


def remind(survey_id: int) -> None:
    """The one reminder, where they have not answered and may be written to; never a second."""
    row = queries.one(survey_id, lock=True)
    if row is None or row.status is not S.ASKED or row.reminder_id is not None or row.link_id is None:
        return
    now = clock.now()
    if whom.must_rest(row.debtor_id) or not _is_free(row.debtor_id, now):
        return
    contact = db.session().get(ContactPoint, row.contact_point_id) if row.contact_point_id else None
    if contact is None or contact.stopped_at is not None:
        return
    message = _write(REMINDED, db.session().get_one(Debtor, row.debtor_id), contact, str(row.channel), row.link_id)
    row.reminder_id = message.id
    db.session().flush()


def _let_go(row: Survey, why: str) -> None:
    row.why = why
    MACHINE.move(row, S.LET_GO, SurveyLetGo(survey_id=row.id, debtor_id=row.debtor_id))
    db.session().flush()


def why_not_send(message: Message) -> str | None:
    """Asked again as a question leaves: by now they may contest something, be in difficulty, or have answered."""
    if message.key not in KEYS:
        return None
    row = queries.of_message(message.id)
    if row is not None and row.status is S.ANSWERED:
        return str(ANSWERED)
    if row is None or row.status is not S.ASKED or (message.key == ASKED and clock.now() >= row.ask_until):
        return str(TOO_LATE)
    if whom.must_rest(message.debtor_id) or (message.key == ASKED and not agency_rest.is_first(message)):
        return str(HELD_BACK)
    return None


def hear_not_left(message_id: int) -> None:
    """The question did not leave: they were not asked, and may be asked after something else."""
    row = db.session().scalars(select(Survey).where(Survey.message_id == message_id)).one_or_none()
    if row is None or row.status is not S.ASKED:
        return
    row.asked_at = None
    message = db.session().get(Message, message_id)
    _let_go(row, message.why if message is not None and message.why else str(HELD_BACK))
