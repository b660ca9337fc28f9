"""The ways to reach a customer, what they are called, and which one a message of ours takes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from portal.core.text import Text, t

EMAIL, MOBILE, LETTER, PHONE = "email", "mobile", "letter", "phone"
AUTOMATIC = (EMAIL, MOBILE)  # what the portal sends by itself; a person writes letters and calls
NAMES: Mapping[str, Text] = {
    EMAIL: t("E-mail"),
    MOBILE: t("Text message"),
    LETTER: t("Letter"),
    PHONE: t("Telephone"),
}
FIRST: Mapping[str, Text] = {
    EMAIL: t("By e-mail"),
    MOBILE: t("By text message"),
    LETTER: t("By letter"),
    PHONE: t("By telephone"),
}
NOT_SINCE: Mapping[str, Text] = {
    EMAIL: t("does not want e-mails since %(day)s"),
    MOBILE: t("does not want text messages since %(day)s"),
    LETTER: t("does not want letters since %(day)s"),
    PHONE: t("does not want calls since %(day)s"),
}
# The channel of a message (portal.messages).
OF_MESSAGE: Mapping[str, str] = {"email": EMAIL, "sms": MOBILE, "letter": LETTER}
OF_CONTACT: Mapping[str, str] = {"email": EMAIL, "pec": EMAIL, "mobile": MOBILE, "phone": PHONE}

NO_ADDRESS, STOPPED = "no_address", "stopped"


@dataclass(frozen=True, slots=True)
class Way:
    """The channel that a message of ours takes, or None and why it takes none (no_address, stopped)."""

    channel: str | None
    why_not: str = ""


def way(preferred: str | None, usable: Collection[str], stopped: Collection[str]) -> Way:
    """By which of the `usable` channels a message of ours goes: the one preferred, else mail, never a stopped one.

    A text goes to who prefers it or has stopped mail; that there is no mail address is no wish for texts.
    """
    wanted = [EMAIL]
    if preferred == MOBILE:
        wanted.insert(0, MOBILE)
    elif EMAIL in stopped:
        wanted.append(MOBILE)
    there = [one for one in wanted if one in usable]
    free = [one for one in there if one not in stopped]
    if free:
        return Way(free[0])
    return Way(None, STOPPED if there or EMAIL in stopped else NO_ADDRESS)


def way_of_answer(preferred: str | None, usable: Collection[str], stopped: Collection[str]) -> str | None:
    """The one of the `usable` channels for what they asked for: as preferred, mail, a text; a stopped one last."""
    wanted = [one for one in (preferred, *AUTOMATIC) if one in AUTOMATIC and one in usable]
    return min(wanted, key=lambda one: one in stopped, default=None)
