"""Amounts that bring deliveries back, as stories."""

from portal.core.text import t
from portal.inbox.story import GOOD, PROBLEM, WAIT, Story

STORIES: dict[str, Story] = {
    "release.decided": Story(t("Deliveries wait until %(least)s are paid"), WAIT),
    "release.lifted": Story(t("%(paid)s came: deliveries can go on"), GOOD),
    "release.withdrawn": Story(t("Deliveries do not wait for a payment any more")),
    "release.paid_back": Story(t("Money that had brought deliveries back went back: please look"), PROBLEM),
}
