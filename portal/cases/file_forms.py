"""Reading the files that a customer sends with a form; what they are is asked of their contents (rule A-65)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import request

from portal.core.text import t
from portal.documents import evidence, scanning
from portal.web.forms import Form

AGAIN = t("Please choose your files once more: a browser does not keep them.")
_FIELDS = ("files[]", "photo")


def sent() -> list[bytes]:
    """What was sent along, each at most a little more than is taken; fields left empty are none."""
    found = [file for name in _FIELDS for file in request.files.getlist(name) if file.filename]
    return [file.stream.read(evidence.MOST_BYTES + 1) for file in found[: evidence.MOST_FILES + 1]]


def read(form: Form, kept: int = 0) -> tuple[evidence.Checked, ...]:
    """What was sent, as it is kept, looked at by the virus scanner where there is one; what is wrong is in `form`.

    Where something else of the form is wrong already nothing is looked at, and to choose them again is asked for.
    """
    files = sent()
    if form.wrong:
        if files:
            form.wrong.setdefault("files", AGAIN)
        return ()
    return _checked(form, files, kept)


def _checked(form: Form, files: Sequence[bytes], kept: int) -> tuple[evidence.Checked, ...]:
    why_not = evidence.why_not_so_many(len(files), kept)
    if why_not is not None:
        form.wrong["files"] = why_not
        return ()
    try:
        made = evidence.checked(files)  # what is not taken anyway need not be scanned
        scanning.scan(files)
        return tuple(replace(one, scanned=scanning.is_on()) for one in made)
    except evidence.NotTaken as wrong:
        form.wrong["files"] = wrong.text
        return ()


def fields(kept: int = 0) -> dict[str, Any]:
    """What the fields of a form need (templates/parts/files.html)."""
    return {"accept": evidence.ACCEPT, "most": evidence.MOST_FILES - kept}
