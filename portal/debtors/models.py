"""Who owes, how they are reached, the links that were given out, and the visits behind them."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorItself, DebtorOwned
from portal.core.states import StatusColumn
from portal.debtors.states import StepUpStatus

FOLDED_LENGTH = 120
SALESPERSON_LENGTH = 80


def folded(name: str) -> str:
    """A name without its casing and blanks; one too long for an index keeps its beginning and a hash."""
    plain = " ".join(name.casefold().split())
    if len(plain) <= FOLDED_LENGTH:
        return plain
    return f"{plain[:80]}~{hashlib.sha256(plain.encode()).hexdigest()[:32]}"


def _folded_name(context: Any) -> str:
    return folded(context.get_current_parameters()["name"])


class Debtor(DebtorItself, db.Base):
    __tablename__ = "debtors"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "code"),
        Index("ix_debtors_name", "creditor_id", "name"),
        Index("ix_debtors_name_key", "creditor_id", "name_key"),
        Index("ix_debtors_vat", "creditor_id", "vat_number"),
        Index("ix_debtors_tax_code", "creditor_id", "tax_code"),
        Index("ix_debtors_salesperson", "creditor_id", "salesperson"),
        CheckConstraint("kind IN ('business', 'consumer')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    code: Mapped[str] = mapped_column(String(60))  # the creditor's own customer code
    name: Mapped[str] = mapped_column(String(200))
    # The name folded (`folded`): how a customer is found again whom a file knows by name alone.
    name_key: Mapped[str] = mapped_column(String(FOLDED_LENGTH), default=_folded_name)
    kind: Mapped[str] = mapped_column(String(10))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    tax_code: Mapped[str | None] = mapped_column(String(20))
    country: Mapped[str | None] = mapped_column(String(2))
    postcode: Mapped[str | None] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(10))
    # email, mobile, letter or phone (portal.channel_wishes); none = as the creditor likes
    preferred_channel: Mapped[str | None] = mapped_column(String(10))
    salesperson: Mapped[str | None] = mapped_column(String(SALESPERSON_LENGTH))  # who looks after them; none = nobody
    created_at: Mapped[datetime]


class ContactPoint(DebtorOwned, db.Base):
    """One address of a debtor. `source` says where it came from (rule C-20): `creditor` or `debtor`."""

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "debtor_id", "channel", "address"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        CheckConstraint("source IN ('creditor', 'debtor')", name="source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    # Of the address that stood here and went (portal.debtors.marks): so that no import brings it back.
    sealed_mark: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(10))
    added_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]  # bounced, replaced or "this is not me": nothing goes there any more
    stopped_why: Mapped[str | None] = mapped_column(String(30))
    confirmed_at: Mapped[datetime | None]  # staff said that it is theirs: "this is not me" before then pauses nothing
    codes_from: Mapped[datetime | None]  # new to a debtor who is not: takes no code before (rule A-44)
    # A colleague's, to whom a visitor handed a document over: gets that link and nothing else.
    colleague: Mapped[bool] = mapped_column(default=False)


class LinkDirectory(db.Base):
    """Which creditor a link belongs to: read before any scope is known (portal.core.scope.GLOBAL_TABLES)."""

    __tablename__ = "link_directory"

    link_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))


class AccessLink(DebtorOwned, db.Base):
    """A signed address for one debtor, one scope, one purpose. The token itself stands nowhere (rule A-02)."""

    __tablename__ = "access_links"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(
            ["creditor_id", "contact_point_id"], ["contact_points.creditor_id", "contact_points.id"]
        ),
        Index("ix_access_links_debtor", "creditor_id", "debtor_id"),
        Index("ix_access_links_invoice", "creditor_id", "invoice_id"),
        Index("ix_access_links_from", "creditor_id", "from_link_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    purpose: Mapped[str] = mapped_column(String(10))  # portal or qr: the salt of its signature; typed: by its code
    invoice_id: Mapped[int | None]  # only this invoice; none = the debtor's account
    contact_point_id: Mapped[int | None]
    from_link_id: Mapped[int | None]  # handed over by a visitor through that link: revoked together with it
    campaign: Mapped[str] = mapped_column(String(40))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None] = mapped_column(String(30))


class GateTries(DebtorOwned, db.Base):
    """Facts typed at one link since the last right one, counted before each is judged (rule A-41). A trace.

    Six says that the fifth was wrong too and that the creditor has been told.
    """

    __tablename__ = "gate_tries"

    link_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    tries: Mapped[int]


class Visit(DebtorOwned, db.Base):
    """The short session behind the gate. Ends by itself, by "Esci", or with its link."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "link_id"], ["access_links.creditor_id", "access_links.id"]),
        Index("ix_visits_debtor", "creditor_id", "debtor_id"),
        Index("ix_visits_started", "creditor_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    link_id: Mapped[int]
    # 1 = the paper's fact, 2 = a fact that is not in the message (rules A.4). 3 is no visit's: it is one StepUp's.
    level: Mapped[int]
    device: Mapped[str | None] = mapped_column(String(10))  # browsers.DEVICES: a class for figures, never more
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LinkTrace(DebtorOwned, db.Base):
    """What happened at the door without anybody having proved anything: fetched, wrong fact, page seen."""

    __tablename__ = "link_traces"
    __table_args__ = (
        Index("ix_link_traces_link", "creditor_id", "link_id", "at"),
        Index("ix_link_traces_debtor", "creditor_id", "debtor_id", "kind", "at"),
        Index("ix_link_traces_kind", "creditor_id", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    link_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    client: Mapped[str | None] = mapped_column(String(20))  # a label of the user agent, never an authorisation
    at: Mapped[datetime]


class StepUp(DebtorOwned, db.Base):
    """One act at level 3: who signs, the very terms shown, what was typed, and the code that proves it (A-42).

    Bound to one visit, one action and the hash of the terms. The code stands here as a salted, keyed hash, and no
    longer than a day; `kept` is the feature's form, so that the step never loses what was typed.
    """

    __tablename__ = "step_ups"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "visit_id"], ["visits.creditor_id", "visits.id"]),
        ForeignKeyConstraint(
            ["creditor_id", "contact_point_id"], ["contact_points.creditor_id", "contact_points.id"]
        ),
        Index("ix_step_ups_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_step_ups_status", "creditor_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    visit_id: Mapped[int]
    action: Mapped[str] = mapped_column(String(40))
    terms_text: Mapped[str] = mapped_column(Text)  # as shown, in `language`
    terms_sha256: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    kept: Mapped[dict[str, Any]] = mapped_column(JSON)
    signer_name: Mapped[str | None] = mapped_column(String(120))
    signer_role: Mapped[str | None] = mapped_column(String(30))
    statement: Mapped[str | None] = mapped_column(String(300))  # the words on authority that were agreed to
    contact_point_id: Mapped[int | None]  # where the code goes
    same_channel: Mapped[bool] = mapped_column(default=False)  # the evidence says so: no other channel was on file
    asked_at: Mapped[datetime | None]  # when a code was last asked for
    code_salt: Mapped[str | None] = mapped_column(String(32))
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_made_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)  # over all codes of this step: a new code does not reset them
    wrong_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]  # the right code was typed
    made_sure: Mapped[str | None] = mapped_column(String(300))  # without a code: how a colleague knew who asked
    why: Mapped[str | None] = mapped_column(String(30))
    status: Mapped[StepUpStatus] = mapped_column(StatusColumn(StepUpStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DoorPolicy(CreditorOwned, db.Base):
    """What a creditor chose about its doors; without a row the defaults of portal.debtors.policies hold."""

    __tablename__ = "door_policies"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    no_other_channel: Mapped[str] = mapped_column(String(10))  # wait: staff decide; same: the link's own channel
    hand_over: Mapped[bool]  # business customers may hand a document over to a colleague


class TypedCode(db.Base):
    """The keyed hash of a code printed on a letter, and whose link it opens (portal.core.scope.GLOBAL_TABLES)."""

    __tablename__ = "typed_codes"
    __table_args__ = (Index("ix_typed_codes_link", "link_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    link_id: Mapped[int]
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
