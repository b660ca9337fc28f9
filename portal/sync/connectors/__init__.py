"""The ways back into a creditor's system, by their code: a REST address that is told one invoice at a time, or files
in a folder or in a mail.

A way says what it needs and makes what is sent; when it goes, whether again, and what is kept of it is portal.sync's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from portal.core.text import Text
from portal.sync.connectors import files, rest


class OneByOne(Protocol):
    """Told of each invoice by a request."""

    code: str
    label: Text

    def request(self, wanted: Any, url: str, key: str | None, document: Mapping[str, Any]) -> rest.Request: ...


class InFiles(Protocol):
    """Told of many invoices in a file."""

    code: str
    label: Text
    suffix: str
    media_type: str

    def written(self, rows: Sequence[Sequence[str]]) -> bytes: ...


BY_REQUEST: Mapping[str, OneByOne] = {rest.REST.code: rest.REST}
BY_FILE: dict[str, InFiles] = {one.code: one for one in (files.CSV, files.XLSX)}
BY_MAIL: dict[str, InFiles] = {one.code: one for one in (files.MAILED_CSV, files.MAILED_XLSX)}
LABELS: Mapping[str, Text] = {
    **{code: one.label for code, one in BY_REQUEST.items()},
    **{code: one.label for code, one in (BY_FILE | BY_MAIL).items()},
}
