"""One world: what a seed has to play with, what it knows to be true by itself, and what it has seen go wrong."""

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from portal.calls import queries as calls
from portal.core import db, events, jobs, scope
from portal.doubles.bank import BankDouble
from portal.doubles.stripe import StripeDouble
from portal.invoices import queries as invoices
from portal.payments import accounts
from portal.simulator.browsers import Browser, Secrets
from portal.simulator.cast import House, Person
from portal.simulator.crashes import Crashes
from portal.simulator.timekeeping import Clock
from portal.simulator.wires import Erp, MailRelay
from portal.simulator.written import Written

T = TypeVar("T")


@dataclass(slots=True)
class Billed:
    """An invoice or credit note as the creditor's own books have it, before the portal ever saw it."""

    house: House
    person: Person
    number: str
    kind: str
    minor: int
    issued_on: Any
    due_on: Any
    settled_on: Any = None
    related: str | None = None


@dataclass(slots=True)
class Tab:
    """A debtor's browser, and whose it is."""

    person: Person
    browser: Browser


@dataclass
class World:
    """Everything of one seed. `chance` is the one source of what happens; `faults` counts what was broken."""

    app: Flask
    houses: tuple[House, ...]
    clock: Clock
    chance: random.Random
    stripe: StripeDouble
    erps: dict[str, Erp]
    mail: MailRelay
    banks: dict[int, BankDouble]  # by creditor
    crashes: Crashes
    folder: Path
    noise: "Noise"
    written: Written
    step: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    favours: dict[str, float] = field(default_factory=dict)  # how much more often than usual an act happens here
    tabs: list[Tab] = field(default_factory=list)
    billed: list[Billed] = field(default_factory=list)
    links: dict[int, list[str]] = field(default_factory=dict)  # debtor → addresses that reached them
    shown_pages: list[str] = field(default_factory=list)  # sessions at Stripe whose address somebody was given
    read_movements: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # numbers, by creditor
    secrets: dict[int, Secrets] = field(default_factory=dict)
    seen: dict[Any, Any] = field(default_factory=dict)  # what invariants remember from step to step
    last_run: dict[str, datetime] = field(default_factory=dict)  # of periodic work
    calm: bool = False  # no trouble any more: everything drains

    @property
    def everybody(self) -> list[Person]:
        return [person for house in self.houses for person in house.people]

    def house_of(self, person: Person) -> House:
        return next(house for house in self.houses if house.creditor_id == person.creditor_id)

    def tab(self, person: Person) -> Tab:
        """A new browser of this debtor's."""
        tab = Tab(person, Browser(self.app, person.ip, self.secrets[person.debtor_id]))
        self.tabs.append(tab)
        return tab

    def some_tab(self, of: Sequence[Person] = ()) -> Tab:
        """One that is open, or a new one, of one of these people (or anybody); old ones are closed."""
        if len(self.tabs) > 12:
            self.tabs.pop(self.chance.randrange(len(self.tabs)))
        there = [tab for tab in self.tabs if not of or tab.person in of]
        if there and self.chance.random() < 0.75:
            return self.chance.choice(there)
        return self.tab(self.chance.choice(of or self.everybody))

    def owing(self) -> list[Person]:
        """Who has something open."""
        found = []
        for house in self.houses:
            with self.looking(house):
                found += [one for one in house.people if invoices.items_of_debtor(one.debtor_id)]
        return found

    def fault(self, kind: str, times: int = 1) -> None:
        self.faults[kind] += times

    def later(self, **delta: float) -> None:
        self.clock.move(timedelta(**delta))

    @contextmanager
    def looking(self, house: House) -> Iterator[Session]:
        """Reads as this creditor; changes nothing."""
        with db.transaction(writes=False) as session:
            scope.enter(house.creditor_id)
            yield session

    @contextmanager
    def acting(self, house: House) -> Iterator[Session]:
        """Acts as this creditor's people do, in one transaction."""
        with db.transaction() as session:
            scope.enter(house.creditor_id)
            events.act_as(events.Actor("staff", house.clerk_id))
            yield session

    def restart(self) -> None:
        """What a process kept in its memory is gone; what was written stays."""
        accounts.forget_offered()
        calls.forget_offered()
        self.app.extensions["portal.limits"].forget()

    def run_periodic(self, name: str) -> None:
        self.last_run[name] = self.clock.now()
        jobs.PERIODIC[name].work()

    def due_periodics(self) -> list[str]:
        """What should have run by now, in the order of its names."""
        now = self.clock.now()
        return [
            name
            for name, periodic in sorted(jobs.PERIODIC.items())
            if now - self.last_run.get(name, datetime.min.replace(tzinfo=now.tzinfo)) >= periodic.every
        ]


class Noise(logging.Handler):
    """Errors that the product logs with their traceback: nothing that was ordered explains those."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.unexpected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self.note(f"{record.name}: {record.getMessage()}", error)

    def note(self, where: str, error: BaseException) -> str:
        """Keeps an error that nothing explains; in a few words for the trace."""
        chain = [error, *([error.__cause__] if error.__cause__ is not None else [])]
        told = " because ".join(f"{type(one).__name__}: {one}" for one in chain)
        self.unexpected.append(f"{where}: {told}"[:500])
        return type(error).__name__

    def take(self) -> list[str]:
        taken, self.unexpected = self.unexpected, []
        return taken


Act = Callable[[World], str]
