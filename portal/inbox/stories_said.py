"""What customers said, as stories: what is wrong, why not yet, on which day, that it is paid already."""

from portal.core.text import t
from portal.inbox.story import GOOD, WAIT, Story

STORIES: dict[str, Story] = {
    "channel.stopped": Story(t("They do not want to be reached this way any more: %(channel)s"), WAIT),
    "channel.resumed": Story(t("They may be reached this way again: %(channel)s")),
    "reason.given": Story(t("They told us why it is open: %(cause)s")),
    "dispute.raised": Story(t("They contest %(amount)s of invoice %(number)s"), WAIT),
    "dispute.info_requested": Story(t("We wrote about what they contest of invoice %(number)s"), WAIT),
    "dispute.answered": Story(t("They wrote about what they contest of invoice %(number)s"), WAIT),
    "dispute.closed": Story(
        t("What they contested of invoice %(number)s is closed: %(outcome)s"),
        GOOD,
        {"credited_minor": t("%(credited)s was credited.")},
    ),
    "dispute.reopened": Story(t("They ask to look again at %(amount)s of invoice %(number)s"), WAIT),
    "dispute.withdrawn": Story(t("They no longer contest invoice %(number)s")),
    "dispute.overtaken": Story(t("Invoice %(number)s was withdrawn: nothing of it is contested any more")),
    "dispute.reasons_changed": Story(t("What customers may contest was set up anew")),
    "credit.ahead_booked": Story(
        t("A credit took %(applied)s off invoice %(number)s, before its credit note"),
        GOOD,
        {"unallocated_minor": t("%(unallocated)s of it is kept as their credit.")},
    ),
    "credit.covered": Story(t("A credit note over %(amount)s takes the place of a credit that they had before")),
    "credit.uncovered": Story(t("A credit note over %(amount)s is for something else: it is their credit")),
    "credit.note_not_awaited": Story(t("No credit note comes for %(amount)s of a credit on invoice %(number)s")),
    "promise.made": Story(t("They promised %(amount)s for %(pay_on)s"), GOOD),
    "promise.amended": Story(t("They named another day: %(pay_on)s"), WAIT),
    "promise.kept": Story(t("A promise was kept: %(amount)s by %(pay_on)s"), GOOD),
    "promise.broken": Story(
        t("The day of a promise has passed: %(pay_on)s"),
        WAIT,
        {
            "paid_minor": t("%(paid)s of it came in time."),
        },
    ),
    "promise.overtaken": Story(t("A promise was overtaken: nothing is left to pay of it")),
    "promise.expired": Story(t("The day of a promise came while something else was looked into"), WAIT),
    "promise.cancelled": Story(t("A promise was taken back"), WAIT),
    "promise.reopened": Story(t("The money of a promise went back: it stands as before"), WAIT),
    "plan.evidence_kept": Story(t("What was agreed is kept as evidence")),
    "plan.evidence_sealed": Story(t("What was agreed is sealed")),
    "already_paid.claimed": Story(
        t("They say that it is paid, on %(paid_on)s"), WAIT, {"until": t("We look for it until %(until)s.")}
    ),
    "already_paid.asked": Story(t("We have not found the money, and asked them to look again"), WAIT),
    "already_paid.corrected": Story(t("They corrected when and how they paid"), WAIT),
    "already_paid.resolved": Story(t("The search for a payment ended: %(outcome)s")),
}
