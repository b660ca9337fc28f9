"""Where simulations take place: one application on one founded database, used for seed after seed."""

import gc
import logging
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal.core import db, outbox
from portal.doubles.bank import BankDouble
from portal.settings import Settings
from portal.simulator import cast, ground, timekeeping, wires
from portal.simulator.browsers import Secrets
from portal.simulator.cast import House
from portal.simulator.crashes import Crashes
from portal.simulator.timekeeping import Clock
from portal.simulator.world import Noise, World
from portal.simulator.written import Written

MakeApp = Callable[[Settings], Any]


@dataclass
class Stage:
    """Opened once; every `world` begins as it was founded."""

    engine: str
    app: Any
    houses: tuple[House, ...]
    folder: Path
    ground: ground.Ground
    noise: Noise
    written: Written

    @contextmanager
    def world(self, seed: int) -> Iterator[World]:
        """The world of a seed, in whose time this process lives until the end."""
        self.ground.fresh()
        chance = random.Random(seed)  # noqa: S311 - a seed must say the same again
        clock = Clock(cast.FOUNDED_AT + timedelta(days=chance.randint(1, 110), minutes=chance.randint(0, 24 * 60)))
        with ExitStack() as stack:
            stack.enter_context(timekeeping.in_force(clock, seed))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder)))
            stripe = wires.stripe_double(self.houses, wires.Postman(self.app), f"stripe {seed}")
            world = World(
                app=self.app,
                houses=self.houses,
                clock=clock,
                chance=chance,
                stripe=stripe,
                erps={house.erp_url: wires.Erp(house) for house in self.houses},
                mail=wires.MailRelay(),
                banks={house.creditor_id: BankDouble(house.iban) for house in self.houses},
                crashes=Crashes(),
                folder=folder,
                noise=self.noise,
                written=self.written,
            )
            for house in self.houses:
                for person in house.people:
                    world.secrets[person.debtor_id] = Secrets.of(house, person)
            stack.enter_context(wires.connected(stripe, world.erps, world.mail, world.crashes.call_made))
            stack.enter_context(world.crashes.watching())
            world.restart()
            self.noise.take()
            yield world


@contextmanager
def opened(make_app: MakeApp, engine: str = "sqlite") -> Iterator[Stage]:
    """A stage on a fresh database; raises Misconfigured where the engine is not to be had."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-simulation-")))
        kept_keys = os.environ.pop("PORTAL_KEYS", None)  # an installation's own are none of ours
        if kept_keys is not None:
            stack.callback(os.environ.__setitem__, "PORTAL_KEYS", kept_keys)
        stack.callback(outbox.enqueue_with, None)
        outbox.enqueue_with(None)
        place = stack.enter_context(ground.opened(engine, folder))
        cast.write_keys(folder / "keys.json")
        settings = _settings(place, folder)
        houses: list[House] = []

        def build() -> None:
            with timekeeping.in_force(Clock(cast.FOUNDED_AT), "founding"):
                make_app(settings)
                houses.extend(cast.found())

        place.found(build)
        place.fresh()
        app = make_app(settings)
        noise = Noise()
        stack.enter_context(_heard_by(noise))
        written = Written()
        stack.callback(written.watch(db.engine()))
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        stack.callback(gc.unfreeze)
        yield Stage(engine, app, tuple(houses), folder, place, noise, written)


@contextmanager
def _heard_by(noise: Noise) -> Iterator[None]:
    """Inside, what the product logs goes to `noise` alone."""
    product = logging.getLogger("portal")
    before = product.handlers[:], product.level
    product.handlers[:] = [noise]
    product.setLevel(logging.WARNING)
    try:
        yield
    finally:
        product.handlers[:] = before[0]
        product.setLevel(before[1])


def _settings(place: ground.Ground, folder: Path) -> Settings:
    return Settings.read(
        {
            "PORTAL_ENV": "test",
            "PORTAL_DATABASE_URL": place.url,
            "PORTAL_MIGRATION_URL": place.migration_url,
            "PORTAL_KEYS_FILE": str(folder / "keys.json"),
            "PORTAL_FILES_DIR": str(folder / "files"),
            "PORTAL_PUBLIC_URL": cast.PUBLIC_URL,
            "PORTAL_CHECKOUT_ORIGINS": "https://checkout.stripe.test",
            "PORTAL_SMTP_SENDER": "portale@mail.portal.test",
            "PORTAL_OPERATOR_NAME": "Portale Prova",
            "PORTAL_OPERATOR_EMAIL": "aiuto@portal.test",
        }
    )
