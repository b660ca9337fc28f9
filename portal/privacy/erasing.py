"""Erasing one customer: what the register says of each column, then what stands about them elsewhere.

Books, invoices' numbers and amounts and the chain of events are left as they are; the customer's name in them is
a pseudonym that stays the same.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select, update
from sqlalchemy.types import JSON

from portal.core import db, ids
from portal.core.events import EventRow
from portal.debtors import actions as debtors
from portal.debtors import marks, revoking, step_up
from portal.debtors.models import AccessLink, ContactPoint, Debtor, LinkTrace, StepUp, TypedCode
from portal.debtors.states import StepUpStatus
from portal.messages import courtesy as courtesies
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.privacy import queries, traces_elsewhere
from portal.privacy.register import Table, register
from portal.webhooks.models import Delivery, DeliveryTry

ERASED = "erased"
MARK = "erased-"
AT_REST = (MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.SUPPRESSED)


def pseudonym(row_id: int) -> str:
    """The same for the same row for ever, and nothing but its id."""
    return f"{MARK}{ids.spell(row_id)}"


def everything(debtor_id: int) -> tuple[int, int]:
    """Erases what the law does not ask us to keep; how many rows and files that were. A second time finds nothing."""
    who = traces_elsewhere.identity(debtor_id)
    _close_doors(debtor_id)
    files = traces_elsewhere.erase_files(debtor_id, who)
    rows = (
        traces_elsewhere.erase_reports(debtor_id, who) + traces_elsewhere.erase_payers(who) + _deliveries(debtor_id)
    )
    for table in sorted(register().of_debtors(), key=lambda one: one.name == Debtor.__tablename__):
        rows += _by_register(table, debtor_id)
    db.session().expire_all()
    return rows, files


def courtesy(debtor_id: int) -> tuple[int, int]:
    """Erases what is not needed for what is open: wishes, stopped addresses, courtesy messages, page views."""
    mine: ColumnElement[bool] = Message.debtor_id == debtor_id
    rows = blank_messages([mine, Message.key.in_(tuple(courtesies.KIND_OF)), Message.status.in_(AT_REST)])
    stopped = select(ContactPoint).where(ContactPoint.debtor_id == debtor_id, ContactPoint.stopped_at.is_not(None))
    rows += sum(forget_address(contact) for contact in db.session().scalars(stopped).all())
    rows += db.changed(delete(LinkTrace).where(LinkTrace.debtor_id == debtor_id, LinkTrace.kind == "viewed"))
    wish = update(Debtor).where(Debtor.id == debtor_id, Debtor.preferred_channel.is_not(None))
    rows += db.changed(wish.values(preferred_channel=None))
    db.session().expire_all()
    return rows, 0


def blank_messages(conditions: Sequence[ColumnElement[bool]]) -> int:
    """Empties what these messages said and where they went; that they were sent, and their hash, stays."""
    table = register().tables[Message.__tablename__]
    written = or_(Message.to_address != "", Message.text_body.is_not(None))
    return db.changed(update(Message).where(written, *conditions).values(_empty(table)))


def forget_address(contact: ContactPoint) -> bool:
    """Replaces one address by its pseudonym, in the messages that went there too. False when nothing was left.

    Its mark stays, so that no file brings the address back.
    """
    there: ColumnElement[bool] = Message.contact_point_id == contact.id
    blanked = blank_messages([there, Message.status.in_(AT_REST)])
    if contact.address.startswith(MARK):
        return blanked > 0  # a message that was still on its way when the address went
    contact.sealed_mark = marks.make(contact.debtor_id, contact.channel, contact.address)
    contact.address = pseudonym(contact.id)
    db.session().flush()
    return True


def _close_doors(debtor_id: int) -> None:
    """Every link is revoked and every address stopped first, each with its event (rule A-10)."""
    revoking.revoke(revoking.Which(debtor_id=debtor_id), ERASED)
    mine = select(ContactPoint).where(ContactPoint.debtor_id == debtor_id)
    for contact in db.session().scalars(mine).all():
        debtors.stop_contact(contact, ERASED)
    db.session().flush()
    links = select(AccessLink.id).where(AccessLink.debtor_id == debtor_id)
    db.changed(delete(TypedCode).where(TypedCode.link_id.in_(links)))


def _by_register(table: Table, debtor_id: int) -> int:
    mapped = queries.model(table.name)
    mine = [queries.of_person(table, debtor_id), *_only(mapped)]
    if table.rows_deleted:
        return db.changed(delete(mapped).where(*mine))
    replaced = table.acted_on("pseudonym")
    if replaced:
        for row in db.session().scalars(select(mapped).where(*mine)).all():
            for name in replaced:
                setattr(row, name, pseudonym(row.id))
        db.session().flush()
    empty = _empty(table)
    if not empty:
        return 0
    return db.changed(update(mapped).where(*mine).values(empty))


def _only(mapped: Any) -> list[ColumnElement[bool]]:
    """A signed agreement is proof for ten years (rule C-24); a signed change of address is not."""
    return [not_(agreements())] if mapped is StepUp else []


def agreements() -> ColumnElement[bool]:
    """Acts that were signed, and that are proof: not those that only open or change something for the moment."""
    passing = [kind.action for kind in step_up.KINDS.values() if not kind.proof]
    return and_(StepUp.status == StepUpStatus.DONE, StepUp.action.not_in(passing))


def _empty(table: Table) -> dict[str, Any]:
    """Nothing, in the type of each column that an erasure empties.

    The row's version moves on: a message that is just being sent is not written back as it was.
    """
    mapped = queries.model(table.name)
    columns = mapped.__table__.columns
    empty: dict[str, Any] = {
        name: None if columns[name].nullable else {} if isinstance(columns[name].type, JSON) else ""
        for name in table.acted_on("erase")
    }
    if empty and "version" in columns:
        empty["version"] = mapped.version + 1
    return empty


def _deliveries(debtor_id: int) -> int:
    """What creditors' systems were told of this customer, with the customer's code in it."""
    told = select(EventRow.id).where(EventRow.debtor_id == debtor_id)
    gone = select(Delivery.id).where(Delivery.event_id.in_(told))
    db.changed(delete(DeliveryTry).where(DeliveryTry.delivery_id.in_(gone)))
    return db.changed(delete(Delivery).where(Delivery.event_id.in_(told)))
