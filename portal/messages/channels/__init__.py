"""The ways a message can travel, one file each, found by being here: write `channels/<code>.py`."""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

from portal.core.relay import Answer
from portal.core.text import Text
from portal.messages.letters import Letter


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it, and the SHA-256 (hex) of the very bytes that were handed over.

    Where a one-time code stood in them the hash is made with `{code}` in its place: else it would tell the code.
    """

    answer: Answer
    sha256: str


class Channel(Protocol):
    """What a module in this folder offers."""

    CODE: str  # as in `messages.channel` and in contact points
    LABEL: Text

    def send(self, letter: Letter) -> Sent:
        """Hands the letter over; called outside any transaction.

        Raises ValueError for a letter that this channel cannot carry, and nothing for what the network does.
        """


@lru_cache(maxsize=1)
def all_channels() -> dict[str, Channel]:
    """Every channel in this folder by its code."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {channel.CODE: channel for channel in (cast(Channel, module) for module in modules)}
