"""An ERP with books of its own: it calls the API, hears webhooks, and remembers both in one file.

What it wants is written down before it calls (`outbox`), so that it can die at any moment: whoever opens the same file
sends it again under the same number. It knows the portal by the API and by webhooks alone.
"""

import json
import random
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests

_TABLES = """
CREATE TABLE IF NOT EXISTS invoices (name TEXT PRIMARY KEY, total INTEGER NOT NULL, portal_id TEXT, withdrawn INTEGER);
CREATE TABLE IF NOT EXISTS payments (name TEXT PRIMARY KEY, invoice TEXT NOT NULL, minor INTEGER NOT NULL,
                                     portal_id TEXT, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heard (id TEXT PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (number TEXT PRIMARY KEY, method TEXT, path TEXT, body TEXT, tag TEXT, about TEXT);
CREATE TABLE IF NOT EXISTS places (name TEXT PRIMARY KEY, seq INTEGER NOT NULL);
"""
OWN = frozenset({"paid_elsewhere", "elsewhere_undone"})  # what the portal books because this ERP said so


class Died(Exception):
    """The machine stopped here; what was in its memory is gone."""


class Line:
    """The way to the portal, which loses what it likes: calls before they arrive, and answers after."""

    def __init__(
        self, url: str, key: str, chance: random.Random, host: str | None = None, loss: float = 0.15
    ) -> None:
        self.url, self.key, self.chance, self.loss = url, key, chance, loss
        self.host = {"Host": host} if host else {}
        self.lost = self.sent = 0

    def call(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Until an answer gets through. Raises Died now and then, before or behind the call."""
        while True:
            if self.chance.random() < self.loss / 4:
                raise Died
            if self.chance.random() < self.loss:
                self.lost += 1
                continue
            try:
                answer = requests.request(
                    method, f"{self.url}/api/v1{path}", data=body, timeout=60,
                    headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **self.host,
                             **(headers or {})},
                )  # fmt: skip
            except requests.ConnectionError:  # the portal is away
                continue
            self.sent += 1
            if self.chance.random() < self.loss / 4:
                raise Died
            if self.chance.random() < self.loss or answer.status_code == 429:
                self.lost += 1
                continue
            return answer

    def read(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Erp:
    """Its books are in `file`; what it was in the middle of when it died it does first."""

    def __init__(self, file: Path, line: Line) -> None:
        self.line = line
        self.books = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.books.executescript(_TABLES)

    # Calls: written down first, sent until answered, and what the answer says is kept with the end of the call

    def want(self, about: str, path: str, body: Any = None, tag: str = "") -> None:
        written = json.dumps(body) if body is not None else None
        row = (str(uuid.UUID(int=self.line.chance.getrandbits(128))), "POST", path, written, tag, about)
        self.books.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", row)
        self.send_what_waits()

    def send_what_waits(self) -> None:
        rows = self.books.execute(
            "SELECT number, method, path, body, tag, about FROM outbox ORDER BY rowid"
        ).fetchall()
        for number, method, path, body, tag, about in rows:
            headers = {"Idempotency-Key": number} | ({"If-Match": tag} if tag else {})
            answer = self.line.call(method, path, body, headers)
            if self.line.chance.random() < 0.2 and answer.status_code < 400:  # once more, for nothing
                again = self.line.call(method, path, body, headers)
                assert (again.status_code, again.text) == (answer.status_code, answer.text)
            self.books.execute("BEGIN")
            self._keep(about, answer, json.loads(body) if body else {})
            self.books.execute("DELETE FROM outbox WHERE number = ?", (number,))
            self.books.execute("COMMIT")

    def _keep(self, about: str, answer: requests.Response, body: Mapping[str, Any]) -> None:
        assert answer.status_code in {200, 409, 412, 422}, answer.text
        said = answer.json()
        if about in {"invoices", "payments"}:
            results = said.get("results") or [{"outcome": "refused"}] * len(body[about])
            for row, result in zip(body[about], results, strict=True):
                getattr(self, f"_kept_{about}")(row["external_id"], result)
        elif about.startswith("withdraw ") and answer.status_code == 200:
            self.books.execute("UPDATE invoices SET withdrawn = 1 WHERE name = ?", (about.partition(" ")[2],))
        elif about.startswith("take back ") and answer.status_code == 200:
            self.books.execute(
                "UPDATE payments SET state = 'back' WHERE name = ?", (about.removeprefix("take back "),)
            )

    def _kept_invoices(self, name: str, result: Mapping[str, Any]) -> None:
        assert result["outcome"] in {"created", "unchanged"}, result
        self.books.execute("UPDATE invoices SET portal_id = ? WHERE name = ?", (result["invoice_id"], name))

    def _kept_payments(self, name: str, result: Mapping[str, Any]) -> None:
        booked = result["outcome"] in {"created", "unchanged"}
        self.books.execute(
            "UPDATE payments SET state = ?, portal_id = ? WHERE name = ? AND state = 'told'",
            ("booked" if booked else "refused", result.get("payment_id"), name),
        )

    # What it has

    def issue(self, rows: list[dict[str, Any]]) -> None:
        """New invoices, and perhaps old ones again: an ERP sends what changed, and often what did not."""
        for row in rows:
            total = sum(round(float(item["amount"]) * 100) for item in row["items"])
            if row["kind"] == "invoice":
                self.books.execute(
                    "INSERT OR IGNORE INTO invoices VALUES (?, ?, NULL, 0)", (row["external_id"], total)
                )
        self.want("invoices", "/invoices", {"invoices": rows})

    def tell(self, payments: list[dict[str, Any]]) -> None:
        for one in payments:
            minor = round(float(one["amount"]) * 100)
            self.books.execute(
                "INSERT INTO payments VALUES (?, ?, ?, NULL, 'told')",
                (one["external_id"], one["invoice_external_id"], minor),
            )
        self.want("payments", "/payments", {"payments": payments})

    def withdraw(self, name: str) -> None:
        """With the state that it has read: who was faster is not overrun."""
        answer = self.line.call("GET", f"/invoices/{self.portal_id(name)}")
        self.want(f"withdraw {name}", f"/invoices/{self.portal_id(name)}/withdraw", tag=answer.headers["ETag"])

    def close(self, dispute_id: str, verdict: Mapping[str, str]) -> None:
        answer = self.line.call("GET", f"/disputes/{dispute_id}")
        self.want(f"close {dispute_id}", f"/disputes/{dispute_id}/close", verdict, tag=answer.headers["ETag"])

    def take_back(self, name: str) -> None:
        found = self.books.execute("SELECT portal_id FROM payments WHERE name = ?", (name,)).fetchone()
        self.want(f"take back {name}", f"/payments/{found[0]}/take-back")

    def hear(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Webhooks as they came, each once however often."""
        for webhook_id, payload in events:
            row = (webhook_id, payload["type"], json.dumps(payload["data"]))
            self.books.execute("INSERT OR IGNORE INTO heard VALUES (?, ?, ?)", row)

    def fetch(self) -> None:
        """What happened since it last asked: the same events, for when webhooks were lost for good."""
        more = True
        while more:
            found = self.books.execute("SELECT seq FROM places WHERE name = 'events'").fetchone()
            page = self.line.read(f"/events?after={found[0] if found else 0}")
            self.books.execute("BEGIN")
            self.hear((one["id"], one) for one in page["items"])
            self.books.execute("INSERT OR REPLACE INTO places VALUES ('events', ?)", (page["next"],))
            self.books.execute("COMMIT")
            more = page["more"]

    def portal_id(self, name: str) -> str:
        return str(self.books.execute("SELECT portal_id FROM invoices WHERE name = ?", (name,)).fetchone()[0])

    def names(self, condition: str = "withdrawn = 0") -> list[str]:
        rows = self.books.execute(
            f"SELECT name FROM invoices WHERE portal_id IS NOT NULL AND {condition} ORDER BY name"
        )
        return [row[0] for row in rows]

    def booked(self) -> list[str]:
        return [
            row[0] for row in self.books.execute("SELECT name FROM payments WHERE state = 'booked' ORDER BY name")
        ]

    def open(self) -> dict[str, int]:
        """What its own books say is open, in minor units: its invoices, less what it told and what it heard."""
        totals = dict(self.books.execute("SELECT name, total FROM invoices WHERE withdrawn = 0"))
        by_id = dict(self.books.execute("SELECT portal_id, name FROM invoices"))
        for name, minor in self.books.execute("SELECT invoice, minor FROM payments WHERE state = 'booked'"):
            if name in totals:
                totals[name] -= minor
        for kind, written in self.books.execute("SELECT type, data FROM heard WHERE type LIKE 'item.%ed'"):
            data = json.loads(written)
            name = by_id.get(data.get("invoice_id"))
            if kind in {"item.settled", "item.reopened"} and name in totals and data["by"] not in OWN:
                totals[name] += data["amount_minor"] * (-1 if kind == "item.settled" else 1)
        return totals
