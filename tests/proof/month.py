"""A month of an ERP's work against a running portal, by API and webhooks alone: `python -m tests.proof.month --help`."""

import argparse
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.proof.erp import Died, Erp, Line

DAYS = 30
CUSTOMERS = ("0042", "0043", "0044", "0045")


class Month:
    """What is done on each day; `chance` decides, so that a seed is a month."""

    def __init__(self, chance: random.Random, open_erp: Callable[[], Erp]) -> None:
        self.chance, self.open_erp = chance, open_erp
        self.erp = open_erp()
        self.number = self.deaths = 0
        self.sent: list[dict[str, Any]] = []

    def day(self, today: date) -> None:
        for act in (self.issue, self.credit, self.tell, self.withdraw, self.take_back, self.decide):
            self._alive(lambda act=act: act(today))  # type: ignore[misc]
        self._alive(self.erp_fetches)

    def erp_fetches(self) -> None:
        self.erp.fetch()

    def _alive(self, act: Callable[[], None]) -> None:
        """However often it dies: what it had written down is sent first, what it had not is not done."""
        try:
            act()
        except Died:
            self.deaths += 1
            self.recover()

    def recover(self) -> None:
        done = False
        while not done:
            self.erp.books.close()
            self.erp = self.open_erp()
            try:
                self.erp.send_what_waits()
            except Died:
                self.deaths += 1
            else:
                done = True

    def issue(self, today: date) -> None:
        rows = [self._invoice(today) for _ in range(self.chance.randint(0, 4))]
        again = self.chance.sample(self.sent, min(len(self.sent), self.chance.randint(0, 3)))
        self.sent += rows
        if rows or again:
            self.erp.issue([*rows, *again])

    def _invoice(self, today: date) -> dict[str, Any]:
        self.number += 1
        parts = self.chance.choice((1, 1, 2, 3))
        items = [
            {"due_on": (today + timedelta(days=30 * (part + 1))).isoformat(), "amount": self._amount(10_00, 900_00)}
            for part in range(parts)
        ]
        code = self.chance.choice(CUSTOMERS)
        return {
            "external_id": f"FT-{self.number}", "kind": "invoice", "number": f"{self.number}/{today.year}",
            "issued_on": today.isoformat(), "currency": "EUR", "items": items,
            "debtor": {"code": code, "name": f"Cliente {code} S.r.l."},
        }  # fmt: skip

    def _amount(self, least: int, most: int) -> str:
        minor = self.chance.randint(least, most)
        return f"{minor // 100}.{minor % 100:02}"

    def credit(self, today: date) -> None:
        """A credit note for an invoice of which more is open than it gives back."""
        open_now = self.erp.open()
        names = [name for name in self.erp.names() if open_now[name] > 20_00]
        if not names or self.chance.random() > 0.3:
            return
        name = self.chance.choice(names)
        invoice = next(one for one in self.sent if one["external_id"] == name)
        self.number += 1
        back = {"due_on": today.isoformat(), "amount": self._amount(1_00, 20_00)}
        note = {**invoice, "external_id": f"NC-{self.number}", "kind": "credit_note", "number": f"NC{self.number}",
                "issued_on": today.isoformat(), "items": [back], "related_number": invoice["number"]}  # fmt: skip
        self.erp.issue([note])

    def tell(self, today: date) -> None:
        open_now = self.erp.open()
        names = [name for name in self.erp.names() if open_now[name] > 0]
        payments = []
        for name in self.chance.sample(names, min(len(names), self.chance.randint(0, 3))):
            self.number += 1
            whole = self.chance.random() < 0.5
            amount = open_now[name] if whole else self.chance.randint(1, open_now[name])
            payments.append(
                {
                    "external_id": f"MV-{self.number}", "invoice_external_id": name, "currency": "EUR",
                    "amount": f"{amount // 100}.{amount % 100:02}", "value_on": today.isoformat(),
                }
            )  # fmt: skip
        if payments:
            self.erp.tell(payments)

    def withdraw(self, _today: date) -> None:
        names = self.erp.names()
        if names and self.chance.random() < 0.15:
            self.erp.withdraw(self.chance.choice(names))

    def take_back(self, _today: date) -> None:
        withdrawn = set(self.erp.names("withdrawn = 1"))
        rows = self.erp.books.execute("SELECT name, invoice FROM payments WHERE state = 'booked' ORDER BY name")
        names = [name for name, invoice in rows if invoice not in withdrawn]
        if names and self.chance.random() < 0.2:
            self.erp.take_back(self.chance.choice(names))

    def decide(self, _today: date) -> None:
        """What customers contest: some of it is credited at once, some is not valid."""
        for one in self.erp.line.read("/disputes?under_way=true")["items"]:
            if self.chance.random() < 0.5:
                outcome = self.chance.choice(("upheld", "rejected"))
                credit = {"credit": "here"} if outcome == "upheld" else {}
                self.erp.close(one["dispute_id"], {"outcome": outcome, "words": "As agreed on the phone.", **credit})

    def compare(self) -> list[str]:
        """Where the ERP's books and the portal's differ, in words; nothing where they are equal to the cent."""
        self.recover()
        self._until_done(self.erp_fetches)
        differing = []
        for name, minor in self.erp.open().items():
            state = self._until_done(lambda name=name: self.erp.line.read(f"/invoices/{self.erp.portal_id(name)}"))
            there = round(float(state["open"]) * 100)
            if there != minor:
                differing.append(f"{name}: {minor} here, {there} in the portal")
        for name in self.erp.names("withdrawn = 1"):
            state = self._until_done(lambda name=name: self.erp.line.read(f"/invoices/{self.erp.portal_id(name)}"))
            if state["state"] != "withdrawn":
                differing.append(f"{name}: withdrawn here, {state['state']} in the portal")
        return differing

    def _until_done(self, act: Callable[[], Any]) -> Any:
        while True:
            try:
                return act()
            except Died:
                self.deaths += 1
                self.recover()


def main() -> None:
    asked = argparse.ArgumentParser(description="Plays an ERP for a month against a running portal.")
    asked.add_argument("--url", required=True, help="https://portal.example")
    asked.add_argument("--key", required=True, help="a key that may read, send and withdraw")
    asked.add_argument("--file", type=Path, default=Path("erp.sqlite"), help="its books")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--days", type=int, default=DAYS)
    wanted = asked.parse_args()
    chance = random.Random(wanted.seed)
    line = Line(wanted.url, wanted.key, chance)
    month = Month(chance, lambda: Erp(wanted.file, line))
    first = datetime.now(UTC).date() - timedelta(days=wanted.days)
    for number in range(wanted.days):
        month.day(first + timedelta(days=number))
        sys.stderr.write(
            f"\rday {number + 1} of {wanted.days}: {line.sent} calls, {line.lost} lost, {month.deaths} deaths"
        )
    differing = month.compare()
    sys.stderr.write("\n")
    sys.stdout.write("\n".join(differing) or "The books are equal to the cent.\n")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
