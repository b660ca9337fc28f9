"""What is said to be paid, and how it stands."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from portal.already_paid.events import AlreadyPaidCorrected
from portal.already_paid.models import PaidClaim, PaidClaimItem
from portal.already_paid.states import RUNNING, ClaimStatus
from portal.core import db
from portal.core.events import EventRow


def claim(claim_id: int, *, lock: bool = False) -> PaidClaim | None:
    """The claim as it stands in the database; with `lock` nobody else changes it until this transaction ends."""
    wanted = select(PaidClaim).where(PaidClaim.id == claim_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def lines(claim_id: int) -> list[PaidClaimItem]:
    wanted = select(PaidClaimItem).where(PaidClaimItem.claim_id == claim_id).order_by(PaidClaimItem.id)
    return list(db.session().scalars(wanted))


def item_ids(claim_id: int) -> tuple[int, ...]:
    return tuple(one.due_item_id for one in lines(claim_id))


def running_by_item(item_ids: Sequence[int]) -> dict[int, int]:
    """The search that runs for each of these due items that has one."""
    rows = db.session().execute(
        select(PaidClaimItem.due_item_id, PaidClaimItem.claim_id).where(
            PaidClaimItem.due_item_id.in_(item_ids), PaidClaimItem.is_open
        )
    )
    return dict(rows.all())


def times_corrected(claim_id: int) -> int:
    """How often another date or number has prolonged a search."""
    corrected = (
        select(func.count())
        .select_from(EventRow)
        .where(
            EventRow.subject_kind == AlreadyPaidCorrected.about,
            EventRow.subject_id == claim_id,
            EventRow.name == AlreadyPaidCorrected.name,
        )
    )
    return db.session().scalar(corrected) or 0


def run_out(today: date) -> list[int]:
    """Searches whose days are over and whose customer has not been asked."""
    wanted = select(PaidClaim.id).where(PaidClaim.status == ClaimStatus.LOOKING, PaidClaim.until < today)
    return list(db.session().scalars(wanted.order_by(PaidClaim.until, PaidClaim.id)))


def is_running(found: PaidClaim) -> bool:
    return found.status in RUNNING
