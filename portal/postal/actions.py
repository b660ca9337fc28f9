"""Writing a letter, printing all that wait, posting a batch, taking one out, and hearing that one has arrived."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import links, typed_codes
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem
from portal.messages import actions as messages
from portal.messages import hearing, rendering
from portal.messages import queries as message_queries
from portal.messages import rules as facts
from portal.messages.events import MessageSuppressed
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.postal import events as happened
from portal.postal import queries, rules
from portal.postal.models import Letter, LetterBatch
from portal.postal.states import MACHINE, LetterStatus

S = LetterStatus
NOTHING_WAITS = t("No letter can be printed now.")
ABOUT = "about"  # among a message's params: the ids of its invoices
BY_THE_POST = "post"  # who says that a letter arrived: nobody but the calendar


def write(debtor_id: int, invoice_ids: Sequence[int], *, key: str, at: datetime | None = None) -> Message:
    """Plans a letter with the words of `key` about these invoices, for the next batch from `at` on, else from now.

    The code to type opens the first of them that falls due, the drawn one the customer's page. Raises ValueError for
    no invoice.
    """
    if not invoice_ids:
        raise ValueError("a letter is about an invoice")
    debtor = db.session().get_one(Debtor, debtor_id)
    message = messages.plan(
        key,
        debtor_id=debtor_id,
        to_address=debtor.name,
        language=debtor.language,
        channel=facts.LETTER,
        params={ABOUT: [ids.spell(one) for one in dict.fromkeys(invoice_ids)]},
        at=at,
    )
    letter = Letter(id=ids.new_id(), debtor_id=debtor_id, message_id=message.id, invoice_id=_opened(invoice_ids))
    MACHINE.begin(letter, S.PLANNED, happened.LetterPlanned(**_about(letter), key=key))
    db.session().add(letter)
    db.session().flush()
    return message


def _opened(invoice_ids: Sequence[int]) -> int:
    """Of several the one that falls due first: a code on paper opens one (rule A-07)."""
    wanted = select(DueItem.invoice_id).where(DueItem.invoice_id.in_(invoice_ids))
    first = wanted.group_by(DueItem.invoice_id).order_by(func.min(DueItem.due_on), DueItem.invoice_id).limit(1)
    found = db.session().scalar(first)
    return invoice_ids[0] if found is None else found


def print_waiting(by: int | None) -> LetterBatch:
    """Makes one batch of what waits. Whatever must not go now is held back, asked at this very moment (decision 16).

    Raises NotAllowedNow where nothing waits.
    """
    waiting = queries.to_print(clock.now(), rules.MOST_OF_A_BATCH)
    if not waiting:
        raise NotAllowedNow(NOTHING_WAITS)
    batch = LetterBatch(id=ids.new_id(), letters=0, held_back=0, made_at=clock.now(), made_by=by)
    db.session().add(batch)
    db.session().flush()
    for letter, message in waiting:
        if _print(letter, message, batch):
            batch.letters += 1
        else:
            batch.held_back += 1
    db.session().flush()
    return batch


def _print(letter: Letter, message: Message, batch: LetterBatch) -> bool:
    if messages.begin_sending(message) is not None:
        _cancel(letter)
        return False
    try:
        words, own = rendering.sheet(message)
    except rendering.CannotWrite as error:
        messages.hold_back(message, str(error))
        _cancel(letter)
        return False
    messages.keep_words(message, _as_sent(words, own))
    # What is drawn leads where a mail's link leads: it is in an envelope with their name, and the fact is not on it.
    qr_link = links.issue(
        letter.debtor_id, purpose=links.PORTAL, campaign=message.key, expires_at=clock.now() + links.HARD_MAXIMUM
    )
    message.link_id = qr_link.id
    typed_link, _code = typed_codes.issue(letter.debtor_id, letter.invoice_id)
    letter.qr_link_id, letter.typed_link_id = qr_link.id, typed_link.id
    letter.batch_id, letter.printed_at = batch.id, clock.now()
    MACHINE.move(letter, S.PRINTED, happened.LetterPrinted(**_about(letter), batch_id=batch.id))
    return True


def _as_sent(words: str, own: rendering.OwnWords | None) -> messages.AsSent:
    digest = hashlib.sha256(words.encode()).hexdigest()
    if own is None:
        return messages.AsSent("", words, "", digest)
    return messages.AsSent("", words, "", digest, own.version_id, own.wording)


def take_out(batch: LetterBatch) -> int:
    """Takes out printed letters that must not go any more, for what they are about is paid or rests; how many."""
    if batch.posted_on is not None:
        return 0
    taken = 0
    for letter, message in queries.of_batch(batch.id):
        why = messages.why_not(message)
        if why is not None:
            messages.hold_back(message, why)
            _cancel(letter)
            taken += 1
    db.session().flush()
    return taken


def post(batch: LetterBatch, on: date) -> int:
    """The letters of this batch went to the post on that day; returns how many. Raises NotAllowedNow later on.

    What must not go any more is taken out before (`take_out`).
    """
    if batch.posted_on is not None:
        raise NotAllowedNow(t("This batch has been posted already."))
    batch.posted_on = on
    arrives_on = rules.arrives(on, creditors.in_scope().post_days)
    posted = 0
    for letter, message in queries.of_batch(batch.id):
        messages.mark_sent(message, messages.as_kept(message))
        letter.posted_on, letter.arrives_on = on, arrives_on
        MACHINE.move(letter, S.POSTED, happened.LetterPosted(**_about(letter), posted_on=on, arrives_on=arrives_on))
        posted += 1
    db.session().flush()
    return posted


def cancel(letter: Letter) -> None:
    """A person takes a letter out before it is posted; raises NotAllowedNow afterwards."""
    if letter.status in {S.POSTED, S.CANCELLED}:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=letter.status.label))
    message = db.session().get_one(Message, letter.message_id)
    messages.hold_back(message, str(t("a colleague took it out")))
    _cancel(letter)
    db.session().flush()


def known_for(message: Message) -> dict[str, int]:
    """How many of its documents a letter still speaks of."""
    return {"count": _still_open(message)} if message.channel == facts.LETTER else {}


def why_not_send(message: Message) -> str | None:
    """Asked as a letter is printed: nobody gets one about what is settled (decision 16)."""
    if message.channel != facts.LETTER or _still_open(message):
        return None
    return str(t("nothing that it speaks of is open any more"))


def _still_open(message: Message) -> int:
    return queries.still_open([ids.read(one) for one in message.params.get(ABOUT, ())])


def hear_suppressed(event: MessageSuppressed, _event_id: int) -> None:
    """What was held back while it waited is not printed."""
    letter = queries.of_message(event.message_id)
    if letter is not None:
        _cancel(letter)


def _cancel(letter: Letter) -> None:
    if letter.status is not S.CANCELLED:
        MACHINE.move(letter, S.CANCELLED, happened.LetterCancelled(**_about(letter)))


def arrive(letter: Letter) -> None:
    """The day has come on which the post brings it: from here on it counts (portal.messages.queries.reached)."""
    if letter.arrives_on is None or letter.arrived_at is not None:
        return
    zone = ZoneInfo(creditors.in_scope().time_zone)
    morning = datetime.combine(letter.arrives_on, time.min, zone)
    message = message_queries.one(letter.message_id)
    if message is not None:
        hearing.hear(message, Heard(message.id, facts.DELIVERED, morning), BY_THE_POST)
    letter.arrived_at = clock.now()
    db.session().flush()


def _about(letter: Letter) -> dict[str, Any]:
    return {"letter_id": letter.id, "message_id": letter.message_id, "debtor_id": letter.debtor_id}
