"""What became of letters for the post, as stories."""

from portal.core.text import t
from portal.inbox.story import GOOD, PLAIN, WAIT, Story

STORIES: dict[str, Story] = {
    "letter.planned": Story(t("A letter for the post was planned: %(key)s"), WAIT),
    "letter.printed": Story(t("A letter was printed"), WAIT),
    "letter.posted": Story(t("A letter was posted on %(posted_on)s"), GOOD),
    "letter.cancelled": Story(t("A letter was taken out before it was posted"), PLAIN),
}
