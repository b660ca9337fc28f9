"""REST: the document of one invoice as JSON, to an address of the creditor's system."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.text import Text, t
from portal.sync.documents import digest
from portal.sync.mapping import Wanted


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Rest:
    code = "rest"
    label: Text = t("REST address")

    def request(self, wanted: Wanted, url: str, key: str | None, document: Mapping[str, Any]) -> Request:
        """The same document always has the same Idempotency-Key: who has it already may answer 200 and forget it."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": digest(document)}
        if key:
            headers |= {wanted.header: key} if wanted.header else {"Authorization": f"Bearer {key}"}
        body = json.dumps(wanted.body(document), ensure_ascii=False, separators=(",", ":")).encode()
        return Request(wanted.method, wanted.address(url, document), headers, body)


REST = Rest()
