"""Command ids: the same form, or the same call of a system, sent twice gives the same answer (rule D-10).

The row is written with the command's own transaction, so an answer exists exactly when the change does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t

GIVEN_UP_AFTER = timedelta(minutes=2)  # without an answer: longer than any network call of a command lasts
KEPT_FOR = timedelta(days=30)


class Command(scope.CreditorOwned, db.Base):
    __tablename__ = "commands"
    __table_args__ = (UniqueConstraint("creditor_id", "who", "command_id"), Index("ix_commands_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    who: Mapped[str] = mapped_column(String(40))
    command_id: Mapped[str] = mapped_column(String(40))
    body_hash: Mapped[str] = mapped_column(String(64))
    http_status: Mapped[int | None]  # empty while the command is still at work
    location: Mapped[str | None] = mapped_column(String(400))
    sealed_body: Mapped[str | None] = mapped_column(Text)  # what a system was answered; pages are asked for anew
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first sending was answered: its HTTP status, where it led, and to a system the body too."""

    status: int
    location: str
    sealed_body: str | None = None


class OtherContents(NotAllowedNow):
    """The number came before with another body."""


class AtWork(Exception):
    """The first sending has begun and has not answered yet."""


def claim(who: str, command_id: str, body_hash: str) -> Answer | int:
    """The stored answer of this command, or the id of a fresh row that `answered` completes.

    Raises OtherContents when the id came before with another body, AtWork while the first is still running.
    One that has given no answer for GIVEN_UP_AFTER died with its process: its number is free.
    """
    found = _find(who, command_id)
    if found is None:
        row = Command(
            id=ids.new_id(),
            creditor_id=scope.current().creditor_id,
            who=who,
            command_id=command_id,
            body_hash=body_hash,
            at=clock.now(),
        )
        try:
            with db.session().begin_nested():
                db.session().add(row)
        except IntegrityError:
            found = _find(who, command_id)
            if found is None:
                raise AtWork from None
        else:
            return row.id
    if found.http_status is None and found.at <= clock.now() - GIVEN_UP_AFTER:
        if _take_over(found, body_hash):
            return found.id
        raise AtWork
    if found.body_hash != body_hash:
        raise OtherContents(t("This form was already sent with other contents. Please open the page again."))
    if found.http_status is None:
        raise AtWork
    return Answer(found.http_status, found.location or "/", found.sealed_body)


def _find(who: str, command_id: str) -> Command | None:
    # Read afresh: whoever waits for the first sending has its row, without an answer, in the session already.
    return (
        db.session()
        .scalars(
            select(Command)
            .where(Command.who == who, Command.command_id == command_id)
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def _take_over(found: Command, body_hash: str) -> bool:
    """Whether the row of a process that died is ours now: of several who ask at once, one gets it."""
    free = update(Command).where(Command.id == found.id, Command.http_status.is_(None), Command.at == found.at)
    return db.changed(free.values(at=clock.now(), body_hash=body_hash)) == 1


def answered(row_id: int, status: int, location: str, sealed_body: str | None = None) -> None:
    """Keeps what this command was answered, in its own transaction."""
    row = db.session().get(Command, row_id)
    if row is not None:
        row.http_status = status
        row.location = location[:400]
        row.sealed_body = sealed_body


def forget(row_id: int) -> None:
    """The command has failed: its number is free again."""
    db.changed(delete(Command).where(Command.id == row_id, Command.http_status.is_(None)))


def forget_old() -> int:
    """Lets go of the commands in scope that are older than KEPT_FOR; returns how many those were."""
    return db.changed(delete(Command).where(Command.at < clock.now() - KEPT_FOR))
