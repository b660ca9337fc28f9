"""Who may be the second of four eyes: never the one who asked, in no disguise (rule A-66)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.text import Text, t
from portal.people.roles import Permission, Role, may

# A role that a colleague gave counts only when it is older than this. Otherwise whoever has one account makes
# themselves a second one, or a second one that makes a third, and is two people [D].
SETTLED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do at the creditor at this moment, and since when and through whom."""

    staff_id: int
    role: Role
    role_since: datetime
    role_by: int | None  # who gave them this role; none: whoever runs the portal
    through_agency: bool = False

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission, through_agency=self.through_agency)


def why_not_ask(who: Standing | None) -> Text | None:
    """Why this person may not ask for another bank account; None when they may."""
    if who is None or not who.may(Permission.ACCOUNT):
        return t("Only an administrator can ask for another bank account.")
    return None


def why_not_approve(
    asked_by: int, asked_at: datetime, asker: Standing | None, approver: Standing | None
) -> Text | None:
    """Why this person's approval does not count, or None. A standing is None for who no longer works there."""
    if approver is None or not approver.may(Permission.APPROVE_ACCOUNT):
        return t("Only an administrator or a manager can approve this.")
    if approver.staff_id == asked_by:
        return t("You asked for it yourself. A second person must approve it.")
    if asker is None or why_not_ask(asker) is not None or asker.role_since > asked_at:
        return t("Whoever asked for it has left, or has another role now. Please call it off and ask anew.")
    if approver.role_since >= asked_at:
        return t("You were given your role after this was asked for. Somebody else must approve it.")
    if approver.role_by is not None and approver.role_since > asked_at - SETTLED:
        return t("You have had your role for less than a week. Somebody else must approve it.")
    return None
