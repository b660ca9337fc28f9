"""Files that a creditor's system puts into its folder of the exchange: taken as if somebody had uploaded them.

What reads without a question is taken in at once; what asks one waits for a person, as any upload does. A file is
read when it has lain still for a minute, and moved away when it has been kept; one that is read twice is known by its
bytes.
"""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from portal.core import clock, installation
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.imports import actions, preview, queries, sentences, ways
from portal.imports.options import ReadOptions
from portal.web import i18n

STILL = timedelta(seconds=60)
MOST = 20  # files of a creditor in one go
LARGEST = 32 * 1024 * 1024  # bytes, as for what is uploaded
TAKEN, REFUSED = "taken", "refused"


def folder(slug: str) -> Path | None:
    """Where a creditor's system puts files: `in` below its name. None where the installation has no exchange."""
    root = installation.settings().exchange_dir
    return root / slug / "in" if root is not None else None


def waiting(place: Path) -> list[Path]:
    """What lies there still, the oldest first; nothing hidden, no folder, no link, nothing that is still written."""
    until = (clock.now() - STILL).timestamp()
    found = sorted(_still(place, until))
    return [path for _moment, path in found[:MOST]]


def _still(place: Path, until: float) -> Iterator[tuple[float, Path]]:
    try:
        entries = list(os.scandir(place))
    except FileNotFoundError:
        return
    for one in entries:
        seen = one.stat(follow_symlinks=False)
        hidden = one.name.startswith((".", "~")) or one.name.endswith((".part", ".tmp"))
        if stat.S_ISREG(seen.st_mode) and not hidden and seen.st_mtime <= until:
            yield seen.st_mtime, Path(one.path)


def take(path: Path) -> str:
    """Keeps one file as an import within the running transaction, and says where it goes: TAKEN or REFUSED."""
    creditor = creditors.in_scope()
    if path.stat().st_size > LARGEST:
        return REFUSED
    files = [(path.name[:200], path.read_bytes())]
    options = _options(creditor)
    if preview.why_none_is_usable(files, options):
        return REFUSED
    batch = actions.upload(files, ways.known(files, options) or options, None)
    if queries.brought_before(batch):
        actions.discard(batch)  # it came before, byte for byte: a process died before it moved it
        return TAKEN
    seen = preview.look(actions.paths_of(batch), ReadOptions(**batch.options))
    if not seen.refused and not seen.waits_for_a_choice:
        actions.confirm(batch)
    return TAKEN


def why_refused(path: Path) -> str:
    """The sentence that is put beside a file of no use, in the creditor's language."""
    creditor = creditors.in_scope()
    if path.stat().st_size > LARGEST:
        return i18n.say(sentences.too_large(LARGEST), creditor.language)
    refused = preview.why_none_is_usable([(path.name[:200], path.read_bytes())], _options(creditor))
    return i18n.say(sentences.useless(refused), creditor.language)


def _options(creditor: Creditor) -> ReadOptions:
    return ReadOptions(default_currency=creditor.currency, default_terms_days=creditor.default_terms_days)


def move(path: Path, where: str, why: str = "") -> None:
    """Out of the way, under a name with the moment in it; `why` beside it."""
    aside = path.parent / where
    aside.mkdir(exist_ok=True)
    target = aside / f"{clock.now():%Y%m%dT%H%M%S}-{path.name}"
    path.replace(target)
    if why:
        target.with_name(f"{target.name}.txt").write_text(f"{why}\n", encoding="utf-8")
