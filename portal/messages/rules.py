"""Words that features share about messages."""

from portal.core.text import t

# Why a message of ours stays where its reader rests, its documents rest, or they wish so: one word for all of these,
# for who reads it may know of some and not of others (rule C-26).
HELD_BACK = t("held back for now")
