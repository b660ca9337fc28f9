"""A customer's wishes: no more of a channel, again, and which one comes first; honoured at once."""

from sqlalchemy import func, select

from portal.channel_wishes import events as happened
from portal.channel_wishes import queries
from portal.channel_wishes.models import ChannelWish
from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors import notices
from portal.debtors import queries as debtors
from portal.debtors.events import ChannelPreferred
from portal.debtors.models import Debtor
from portal.messages.models import Message

NOTICE = "contact_changed"


def stop(debtor_id: int, channel: str) -> None:
    """Nothing of ours goes this way any more; the same wish twice is one."""
    _lock(debtor_id)
    wish = queries.of_debtor(debtor_id, channel)
    if wish is not None and wish.resumed_at is None:
        return
    if wish is None:
        wish = ChannelWish(id=ids.new_id(), debtor_id=debtor_id, channel=channel)
        db.session().add(wish)
    wish.stopped_at, wish.resumed_at = clock.now(), None
    db.session().flush()
    events.record(happened.ChannelStopped(debtor_id=debtor_id, channel=channel))


def allow(debtor_id: int, channel: str) -> None:
    """It may be used again."""
    _lock(debtor_id)
    wish = queries.of_debtor(debtor_id, channel)
    if wish is None or wish.resumed_at is not None:
        return
    wish.resumed_at = clock.now()
    db.session().flush()
    events.record(happened.ChannelResumed(debtor_id=debtor_id, channel=channel))


def prefer(debtor_id: int, channel: str | None, *, by_customer: bool) -> bool:
    """This channel comes first, or None: as it suits the creditor. False where it was so already.

    Every address that is in use hears of it where it was the customer's own act, once a day at most: nobody reads
    elsewhere what another reader of a shared mailbox chose (rule A-44). Raises NotAllowedNow for a channel that is
    stopped, or that the creditor has no address for.
    """
    debtor = _lock(debtor_id)
    if debtor.preferred_channel == channel:
        return False
    if channel is not None:
        there = queries.on_file(debtor, debtors.contacts(debtor_id))
        if channel not in there.channels or queries.is_stopped(debtor_id, channel):
            raise NotAllowedNow(t("This way cannot be used now. Please choose another one."))
    debtor.preferred_channel = channel
    db.session().flush()
    events.record(ChannelPreferred(debtor_id=debtor_id, channel=channel))
    if by_customer and not _told_lately(debtor_id):
        notices.tell_of_change(debtor_id, debtors.in_use(debtor_id))
    return True


def _lock(debtor_id: int) -> Debtor:
    """Two wishes at one moment come one after the other."""
    return db.session().scalars(select(Debtor).where(Debtor.id == debtor_id).with_for_update()).one()


def _told_lately(debtor_id: int) -> bool:
    told = select(func.count()).select_from(Message).where(
        Message.debtor_id == debtor_id, Message.key == NOTICE, Message.planned_at > clock.now() - notices.DAY
    )  # fmt: skip
    return bool(db.session().scalar(told))
