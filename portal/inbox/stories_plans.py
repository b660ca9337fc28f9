"""Plans in instalments as stories: what was proposed, agreed and kept, and each instalment's day."""

from portal.core.text import t
from portal.inbox.story import GOOD, PROBLEM, WAIT, Story

_CAME = {"paid_minor": t("%(paid)s of it has come.")}

STORIES: dict[str, Story] = {
    "plan.proposed": Story(
        t("They propose to pay %(total)s in instalments (%(instalments)s), from %(first_on)s to %(last_on)s"), WAIT
    ),
    "plan.offered": Story(
        t("A plan over %(total)s may be accepted: instalments %(instalments)s, from %(first_on)s to %(last_on)s")
    ),
    "plan.countered": Story(
        t("We proposed another plan over %(total)s: instalments %(instalments)s, from %(first_on)s to %(last_on)s"),
        WAIT,
    ),
    "plan.rejected": Story(t("We did not agree to a plan over %(total)s"), WAIT),
    "plan.pending": Story(
        t("A plan over %(total)s was accepted: make sure of the authority of whoever did it"), WAIT
    ),
    "plan.accepted": Story(
        t("They accepted a plan over %(total)s: instalments %(instalments)s, from %(first_on)s to %(last_on)s"),
        GOOD,
        {"acknowledged": t("They also acknowledged the debt.")},
    ),
    "plan.withdrawn": Story(t("They took back a plan over %(total)s within the day"), WAIT),
    "plan.activated": Story(t("A plan over %(total)s is firm: the day for taking it back is over"), GOOD),
    "plan.completed": Story(t("A plan over %(total)s is paid in full"), GOOD),
    "plan.reopened": Story(t("Money of a plan over %(total)s went back: it goes on"), WAIT),
    "plan.resumed": Story(
        t("A plan over %(total)s stands again: the one in its place was taken back within the day"), WAIT
    ),
    "plan.defaulted": Story(
        t("A plan over %(total)s ended, instalments are missing: %(open)s is due again"), PROBLEM
    ),
    "plan.renegotiated": Story(t("Another plan took the place of one over %(total)s")),
    "plan.cancelled": Story(t("A plan over %(total)s ended")),
    "plan.expired": Story(t("Nobody answered in time about a plan over %(total)s"), WAIT),
    "plan.voided": Story(t("A plan over %(total)s does not stand any more: what is open has changed"), WAIT),
    "plan.policy_changed": Story(t("What may be agreed in instalments was set up anew: version %(number)s")),
    "instalment.due": Story(t("The day of an instalment has come: %(amount)s, %(due_on)s")),
    "instalment.paid": Story(t("An instalment has come: %(amount)s, for %(due_on)s"), GOOD),
    "instalment.part_paid": Story(t("%(paid)s of an instalment over %(amount)s has come, for %(due_on)s"), WAIT),
    "instalment.missed": Story(t("An instalment has not come: %(amount)s, by %(due_on)s"), PROBLEM, _CAME),
    "instalment.reopened": Story(
        t("Money of an instalment went back: %(amount)s is asked for again, for %(due_on)s"), WAIT, _CAME
    ),
    "instalment.moved": Story(t("An instalment over %(amount)s was moved to %(due_on)s")),
    "instalment.cancelled": Story(t("An instalment over %(amount)s is not asked for any more, for %(due_on)s")),
}
