"""Who is left alone, and how long something may be asked for, as stories."""

from portal.core.text import t
from portal.inbox.story import GOOD, PLAIN, WAIT, Story

_UNTIL = {"until": t("Until %(until)s.")}

STORIES: dict[str, Story] = {
    "silence.began": Story(t("Nobody writes to them: %(reason)s"), WAIT, _UNTIL),
    "silence.ended": Story(t("No longer a reason to leave them alone: %(reason)s"), GOOD),
    "quiet.began": Story(t("A colleague decided that they are left alone"), WAIT, _UNTIL),
    "quiet.ended": Story(t("They are no longer left alone by a colleague's decision")),
    "limitation.restarted": Story(t("The time to ask for it counts anew from %(counts_from)s: %(how)s"), PLAIN),
    "digest_policy.changed": Story(t("The morning mail was set up anew: version %(number)s")),
    "limitation_policy.changed": Story(t("How long you may ask was set up anew: version %(number)s")),
}
