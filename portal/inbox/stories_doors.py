"""What happens at the door, as stories: links, visits, one-time codes, addresses."""

from portal.core.text import t
from portal.inbox.story import GOOD, PLAIN, PROBLEM, WAIT, Story

STORIES: dict[str, Story] = {
    "gate.passed": Story(t("Opened by the person"), GOOD),
    "visit.ended": Story(t("The visit ended: %(why)s")),
    "link.issued": Story(t("A link was made: %(campaign)s")),
    "link.revoked": Story(t("A link was revoked: %(why)s")),
    "link.frozen": Story(t("A link rests after five wrong answers"), PROBLEM),
    "links.revoked": Story(t("Links revoked, %(count)s in all: %(why)s"), WAIT),
    "link.handed_over": Story(t("Handed over to a colleague: %(to)s"), WAIT),
    "contact.preferred": Story(
        t("They said how they would like to be written to"), PLAIN, {"channel": t("First: %(channel)s.")}
    ),
    "step_up.asked": Story(t("They began: %(action)s")),
    "step_up.code_requested": Story(t("A one-time code was asked for")),
    "step_up.proved": Story(
        t("Confirmed with a one-time code: %(action)s"),
        GOOD,
        {"same_channel": t("The code went the way the link came: there was no other.")},
    ),
    "step_up.voided": Story(t("A one-time code was closed: %(why)s"), WAIT),
    "step_up.left_to_staff": Story(t("They ask you to make sure who they are: %(action)s"), PROBLEM),
    "step_up.agreed": Story(t("A colleague made sure and agreed: %(action)s"), GOOD),
    "step_up.declined": Story(t("A colleague did not agree: %(action)s")),
    "step_up.lapsed": Story(t("Nobody decided for 30 days, so nothing was done: %(action)s"), WAIT),
    "contact.added": Story(t("An address was added: %(source)s")),
    "debtor.salesperson_changed": Story(t("Who looks after this customer was changed")),
    "contact.confirmed": Story(t("A colleague decided: this address is theirs")),
    "contact.stopped": Story(t("An address is no longer used: %(why)s"), WAIT),
}
