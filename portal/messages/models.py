"""Every message to a debtor, as planned and sent, and what was heard of it. No column has the token (decision 3)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import DebtorOwned
from portal.core.states import StatusColumn
from portal.messages.states import MessageStatus


class Message(DebtorOwned, db.Base):
    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        Index("ix_messages_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_messages_status", "creditor_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    key: Mapped[str] = mapped_column(String(40))  # templates/messages/<key>/
    asked_for: Mapped[bool]  # decision 10: outside contact windows and caps
    channel: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
    contact_point_id: Mapped[int | None]
    to_address: Mapped[str] = mapped_column(String(254))
    link_id: Mapped[int | None]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)  # what its template needs besides creditor and debtor
    status: Mapped[MessageStatus] = mapped_column(StatusColumn(MessageStatus))
    status_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(200))  # why it failed or was held back
    subject: Mapped[str | None] = mapped_column(String(200))  # these three as sent, link as {link:<id>}
    text_body: Mapped[str | None] = mapped_column(Text)
    html_body: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the very bytes that left
    own_text_id: Mapped[int | None]  # which version of the creditor's own words wrote it; none = the portal's own
    wording: Mapped[str | None] = mapped_column(String(1))  # a or b, where that version has two
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CourtesyStop(DebtorOwned, db.Base):
    """A reader's wish to get no courtesy messages of one kind at one address; kept when it is taken back."""

    __tablename__ = "courtesy_stops"
    __table_args__ = (UniqueConstraint("creditor_id", "contact_point_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    contact_point_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))  # the key of the messages
    stopped_at: Mapped[datetime]
    resumed_at: Mapped[datetime | None]


class MessageReport(DebtorOwned, db.Base):
    """What the network said of a message after it had left: each kind of fact once, however often it is reported."""

    __tablename__ = "message_reports"
    __table_args__ = (
        UniqueConstraint("creditor_id", "message_id", "kind"),
        ForeignKeyConstraint(["creditor_id", "message_id"], ["messages.creditor_id", "messages.id"]),
        Index("ix_message_reports_debtor", "creditor_id", "debtor_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    message_id: Mapped[int]
    contact_point_id: Mapped[int | None]  # the message's own, for what a complaint stops
    kind: Mapped[str] = mapped_column(String(12))  # portal.messages.rules: delivered, failed, bounced, complained
    at: Mapped[datetime]  # when it was so, as the network says, and never later than it was heard
    source: Mapped[str] = mapped_column(String(20))  # who said it: a file of portal/messages/reports, or the mailbox
    code: Mapped[str] = mapped_column(String(40))  # the network's own code, nobody's words
    heard_at: Mapped[datetime]
