"""Credit lines, alerts and what was decided on them, as stories."""

from portal.core.text import t
from portal.inbox.story import PLAIN, PROBLEM, WAIT, Story

STORIES: dict[str, Story] = {
    "credit_line.changed": Story(
        t("The credit line was set anew"),
        PLAIN,
        {
            "to_minor": t("Now %(to)s."),
            "from_minor": t("Before %(from)s."),
            "suggested_minor": t("Suggested: %(suggested)s."),
        },
    ),
    "credit_alert.raised": Story(t("Alert: %(alert)s (%(amount)s)"), PROBLEM),
    "credit_alert.seen": Story(t("A colleague has seen the alert: %(alert)s")),
    "credit_alert.closed": Story(t("Over: %(alert)s")),
    "credit_decision.made": Story(
        t("Decided about their credit: %(decision)s"), WAIT, {"least_minor": t("Until %(least)s are paid.")}
    ),
    "credit_policy.changed": Story(t("Credit lines and alerts were set up anew: version %(number)s")),
    "goal.set": Story(t("A goal was set")),
    "goal.changed": Story(t("A goal was changed")),
    "goal.ended": Story(t("A goal was given up")),
    "goal.over": Story(t("The day of a goal came")),
    "cadence.changed": Story(t("When customers hear from you was set up anew: version %(number)s")),
    "cadence.paused": Story(t("What goes out by itself was paused"), WAIT, {"until": t("Until %(until)s.")}),
    "cadence.resumed": Story(t("What goes out by itself goes on")),
    "credit_rating.taken_in": Story(t("Objective data of %(rated_on)s came in")),
}
