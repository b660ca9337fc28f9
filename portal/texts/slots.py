"""Where words of one's own can stand: a level, a way, for whom, in which language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from portal.core.text import Text, t
from portal.messages import levels, tone

EMAIL, SMS, LETTER = "email", "sms", "letter"
CHANNELS: Mapping[str, Text] = {EMAIL: t("E-mail"), SMS: t("Text message"), LETTER: t("Letter")}
SEGMENTS: Mapping[str, Text] = {"business": t("Businesses"), "consumer": t("Private people")}
# What one writes for each way; every part of it is needed.
PARTS: Mapping[str, tuple[str, ...]] = {
    EMAIL: (tone.SUBJECT, tone.PREHEADER, tone.BODY),
    SMS: (tone.SMS,),
    LETTER: (tone.LETTER,),
}
LONGEST: Mapping[str, int] = {
    tone.SUBJECT: 120, tone.PREHEADER: 140, tone.BODY: 2000, tone.SMS: 320, tone.LETTER: 3000,
}  # fmt: skip
LABELS: Mapping[str, Text] = {
    tone.SUBJECT: t("Subject"),
    tone.PREHEADER: t("First line, shown beside the subject"),
    tone.BODY: t("Words"),
    tone.SMS: t("Text message"),
    tone.LETTER: t("Words of the letter"),
}


@dataclass(frozen=True, slots=True)
class Slot:
    key: str  # levels.KEYS
    channel: str
    segment: str
    language: str

    def __str__(self) -> str:
        """As it stands in an address."""
        return "-".join((self.key, self.channel, self.segment, self.language))

    @property
    def parts(self) -> tuple[str, ...]:
        return PARTS[self.channel]

    @property
    def is_first(self) -> bool:
        """Whether these are the first words that a customer hears, which must be easier still (C-36)."""
        return self.key == levels.CARING


def every(languages: Iterable[str]) -> Iterator[Slot]:
    """All of them, level by level."""
    for key, channel, segment, language in product(levels.KEYS, CHANNELS, SEGMENTS, list(languages)):
        yield Slot(key, channel, segment, language)


def read(written: str, languages: Iterable[str]) -> Slot | None:
    """The slot that an address names, or None."""
    return next((slot for slot in every(languages) if str(slot) == written), None)
