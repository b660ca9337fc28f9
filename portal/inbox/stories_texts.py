"""A creditor's own words for its messages, as stories."""

from portal.core.text import t
from portal.inbox.story import PROBLEM, Story

STORIES: dict[str, Story] = {
    "own_text.written": Story(t("Own words were written for %(key)s (%(channel)s): version %(version)s")),
    "own_text.left": Story(t("The portal's own words go again for %(key)s (%(channel)s)")),
    "own_text.set_aside": Story(
        t("Own words for %(key)s (%(channel)s) were not sent: the portal's own went instead"), PROBLEM
    ),
}
