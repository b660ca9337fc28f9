"""The matrix of doors: every address × every method × everybody who could ask → the status, in one readable file.

`python -m tests.security.matrix` writes `matrix.txt` anew; `test_matrix.py` compares cell by cell. What is asked for
is always the first debtor's (of the first creditor); nothing that a request changes is there for the next one.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import update
from sqlalchemy.engine import make_url

from portal.api import actions as api_keys
from portal.api.rules import GRANTABLE
from portal.core import clock, db, ids, installation, jobs, scope, signing
from portal.core.link_addresses import QR
from portal.messages import courtesy
from portal.people import actions as people
from portal.people import agencies
from portal.people.models import StaffSession
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import CHANGING, PortalFlask
from portal.wiring import create_app
from tests.actors import Browser, Debtor
from tests.bench.setting_up import environment
from tests.databases import Prepared, prepare_sqlite
from tests.factories import doors, surveys
from tests.factories.people import Somebody, make_person, sign_in
from tests.factories.world import make_account, make_creditor
from tests.security.everything import WORDS, Owner

FILE = Path(__file__).with_name("matrix.txt")
LACKED = "DELETE"  # a method that no address has
METHODS = ("GET", "HEAD", "POST", "OPTIONS", LACKED)
ACTORS = {
    "nobody": "has the empty cookies of a form, and no other",
    "T0": "opened the link, has not passed the gate",
    "T1": "passed it with the code on the paper invoice",
    "T2": "passed it with the link in the mail",
    "T3": "and has confirmed an act with a code on another channel",
    "other": "another debtor of the same creditor, at T2",
    "alien": "another creditor's debtor, at T2",
    "viewer": "of the creditor's people",
    "agent": "of the creditor's people",
    "manager": "of the creditor's people, with a second factor",
    "admin": "of the creditor's people, with a second factor",
    "unproved": "an administrator who typed no password for more than ten minutes",
    "alien-s": "an administrator of another creditor",
    "agency": "an agency's agent, inside its mandate",
    "outside": "an agency's agent whose mandate names the other debtor",
    "key": "a system of the creditor's, its key allowed all that one can be",
    "alien-k": "a system of another creditor's, with such a key",
}
DEBTORS = ("T0", "T1", "T2", "T3", "other", "alien")
PARTS = 3
FOREIGN = {"/d": ("other", "alien"), "/c": ("alien-s", "outside"), "/a": ("alien-k",)}
# Where a 303 leads, in a word.
_LEADS = (
    (r"/gate.*", "gate"), (r"/c/login", "login"), (r"/c/(code|second-factor).*", "code"), (r"/c/proof.*", "proof"),
    (r"/d/.*|/d", "d"), (r"/c/.*|/c", "c"), (r"https?://.*", "away"), (r".*", "door"),
)  # fmt: skip
HEAD_OF_FILE = """\
# Who gets what at every address. Written by `python -m tests.security.matrix`, read by a person, compared by
# tests/security/test_matrix.py. Asked for is the first debtor's own; forms are sent without their fields, so that
# 422, 409 and 303 all mean: let in. `303>x`: led to x. Methods with the same answers share a line. A method that an
# address lacks is tried by three (see LACKING) and stands here as theirs: it is refused before anybody looks who asks.
"""
LACKING = ("nobody", "T2", "admin")
Table = dict[str, dict[str, list[str]]]  # address → method → a cell for each actor


@dataclass
class Seat:
    """One actor: the cookies of their browser and the number their forms carry, or the key of a system."""

    cookies: str
    csrf: dict[bool, str]  # of the creditor's side or not
    key: str = ""


@dataclass
class Room:
    """The application, what is asked for, and the actors; after each request everything is as before."""

    app: PortalFlask
    snapshot: Prepared
    own: Owner
    seats: dict[str, Seat]
    tokens: dict[str, str]
    differing: list[str] = field(default_factory=list)

    def ask(self, actor: str, method: str, path: str) -> Any:
        seat = self.seats[actor]
        headers = {"Origin": "http://portal.test", "Referer": "http://portal.test/"}
        headers["Cookie"] = seat.cookies
        data = None
        if seat.key:
            headers |= {"Authorization": f"Bearer {seat.key}", "Idempotency-Key": ids.spell(ids.new_id())}
        elif method in CHANGING:
            data = {"csrf_token": seat.csrf[path.startswith("/c/")], "command_id": ids.spell(ids.new_id())}
        before = self._written()
        client = self.app.test_client(use_cookies=False)
        answer = client.open(path, method=method, data=data, headers=headers, base_url="http://portal.test")
        answer.get_data()
        answer.close()
        self.app.extensions["portal.limits"].forget()
        if self._written() != before:
            self.snapshot.reset()
        return answer

    def _written(self) -> tuple[int, int] | None:
        with suppress(FileNotFoundError):
            found = Path(f"{make_url(self.snapshot.url).database}-wal").stat()
            return (found.st_mtime_ns, found.st_size) if found.st_size else None
        return None

    def path(self, rule: str, *, nobodys: bool = False) -> str:
        def filled(found: re.Match[str]) -> str:
            kind, name = found[1], found[2]
            if kind == "id:":
                return ids.spell(ids.new_id() if nobodys else self.own.id_of(name))
            return self.tokens[rule] if name == "token" else WORDS[name]

        return re.sub(r"<(\w+:)?(\w+)>", filled, rule)


def cell(answer: Any) -> str:
    where = str(answer.headers.get("Location", "")).removeprefix("http://portal.test").partition("?")[0]
    if not where:
        return str(answer.status_code)
    word = next(word for pattern, word in _LEADS if re.fullmatch(pattern, where))
    return f"{answer.status_code}>{word}"


def addresses(app: PortalFlask) -> dict[str, frozenset[str]]:
    """Every address with the methods that it has."""
    found: dict[str, frozenset[str]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        found[rule.rule] = found.get(rule.rule, frozenset()) | (rule.methods or set())
    return found


def table(room: Room, part: int = 0, parts: int = 1) -> Table:
    """Everything, asked for once by everybody; `room.differing` is filled with what tells foreign from missing.

    `part` of `parts`: every so many addresses, for several processes. The clock stands still meanwhile.
    """
    found: Table = {}
    with time_machine.travel(clock.now(), tick=False):
        for rule, methods in [*addresses(room.app).items()][part::parts]:
            path = room.path(rule)
            found[rule] = {method: _row(room, method, path, has=method in methods) for method in METHODS}
            if "<id:" in rule:
                _compare_with_nobodys(room, rule, path)
    return found


def _row(room: Room, method: str, path: str, *, has: bool) -> list[str]:
    if has:
        return [cell(room.ask(actor, method, path)) for actor in ACTORS]
    refused = {cell(room.ask(actor, method, path)) for actor in LACKING}
    return ["/".join(sorted(refused))] * len(ACTORS)


def _compare_with_nobodys(room: Room, rule: str, path: str) -> None:
    """Another's and nobody's answer with the same bytes, whoever asks and whatever the method."""
    for actor in FOREIGN.get(rule[:2], ()):
        for method in ("GET", "POST"):
            answers = [room.ask(actor, method, one) for one in (path, room.path(rule, nobodys=True))]
            if (
                len({(answer.status_code, answer.get_data()) for answer in answers}) > 1
                and answers[1].status_code == 404
            ):
                room.differing.append(f"{method} {rule} as {actor}: {[answer.status_code for answer in answers]}")


def written(table: Table) -> str:
    """The table as the file has it: an address, then a line for each group of methods with the same answers."""
    wide = 24
    lines = [HEAD_OF_FILE.rstrip(), *(f"#   {name}: {what}" for name, what in ACTORS.items()), ""]
    lines.append(" " * wide + " ".join(f"{name:<9}" for name in ACTORS).rstrip())
    for rule, methods in table.items():
        lines.append(rule)
        groups: dict[tuple[str, ...], list[str]] = {}
        for method, cells in methods.items():
            groups.setdefault(tuple(cells), []).append(method)
        for cells, names in groups.items():
            shown = "  " + ",".join(names)
            lines.append(f"{shown:<{wide}}" + " ".join(f"{one:<9}" for one in cells).rstrip())
    return "\n".join(lines) + "\n"


def read(text: str) -> Table:
    """What `written` wrote."""
    found: Table = {}
    rule = ""
    for line in text.splitlines():
        if not line or line.startswith("#") or line.split() == list(ACTORS):
            continue
        if not line.startswith(" "):
            rule = line
            found[rule] = {}
            continue
        names, *cells = line.split()
        found[rule].update(dict.fromkeys(names.split(","), cells))
    return found


def _seat(browser: Browser, on_debtors_side: str, on_creditors_side: str) -> Seat:
    csrf = {}
    for creditors_side, page in ((False, on_debtors_side), (True, on_creditors_side)):
        browser.get(page)
        csrf[creditors_side] = browser.csrf()
    cookies = browser.client._cookies.values()  # type: ignore[attr-defined]
    return Seat("; ".join(cookie._to_request_header() for cookie in cookies), csrf)


def _inside(app: PortalFlask, link: str, fact: str) -> Debtor:
    browser = Debtor(app)
    browser.enter(link, fact)
    assert browser.path == "/d/", browser.path
    return browser


def _confirmed(app: PortalFlask, own: Owner) -> Debtor:
    """A visit in which an act was confirmed by a code that came by text."""
    doors.add_mobile(own.account)
    with doors.phone_running() as phone:
        browser = doors.inside(Debtor(app), own.account)
        # Another mobile, and the same address: links to an address that is replaced would be revoked for T0 and T2.
        doors.ask_for_change(browser, email="cliente.0042@bianchi.example", mobile="+393337654321")
        doors.signed(browser)
        browser.get(browser.path)
        browser.submit("/code", code=phone.texts[-1].code)
        assert "Done" in browser.text
    return browser


def _agencys(own: Owner, names: str, debtor_id: int, admin: Somebody) -> Somebody:
    def give() -> int:
        agency = agencies.organisation(f"Agenzia {names}", f"IT0987654{len(names):04}")
        agencies.give(
            agency, name="Agenzia", from_at=clock.now(), until_at=None, debtor_ids=[debtor_id], by=admin.staff_id
        )
        return agency.id

    organisation_id: int = own.within(give)
    return make_person(own.creditor_id, Role.AGENT, f"{names}@alfa.example", organisation_id=organisation_id)


def furnish(app: PortalFlask, prepared: Prepared) -> Room:
    """Two debtors of one creditor and one of another, one of everything, and everybody in their seat."""
    creditor, stranger = make_creditor(), make_creditor("verdi")
    own = Owner(make_account(creditor))
    neighbour = make_account(creditor, code="0043", vat_number="IT12345671111", name="Verdi S.r.l.")
    alien = make_account(stranger, code="0044", vat_number="IT12345672222", name="Neri S.r.l.")
    clerks = {role.value: make_person(creditor, role, f"{role.value}@matrix.example") for role in Role}
    admin = clerks["admin"]
    clerks["unproved"] = make_person(creditor, Role.ADMIN, "unproved@matrix.example")
    clerks["alien-s"] = make_person(stranger, Role.ADMIN, "alien@matrix.example")
    clerks["agency"] = _agencys(own, "inside", own.account.debtor_id, admin)
    clerks["outside"] = _agencys(own, "outside", neighbour.debtor_id, admin)
    browsers: dict[str, Browser] = {"admin": sign_in(app, admin)}
    needed = {name for rule in app.url_map.iter_rules() for name in rule.arguments if name.endswith("_id")}
    for name in ["session_id", *sorted(needed - {"session_id"})]:
        own.id_of(name)
    jobs.work_off()
    paper = own.id_of("invoice_id")
    qr, mail = own.account.link(invoice_id=paper, purpose=QR), own.account.link()
    tokens = {"/s/<token>": surveys.asked(own.account), "/l/<token>": mail, "/q/<token>": qr, "/Q/<token>": qr}
    tokens = {rule: link.rsplit("/", 1)[1] for rule, link in tokens.items()}
    wish = [own.creditor_id, own.account.debtor_id, own.account.contact_id, courtesy.CARING, "it"]
    tokens["/u/<token>"] = signing.serializer(installation.keys(), courtesy.PURPOSE).dumps(wish)
    tokens["/c/invitation/<token>"] = people.invitation_address(own.id_of("invitation_id")).rsplit("/", 1)[1]
    fact = own.within(lambda: app.extensions["portal.paper"](paper))[0]
    opened = Debtor(app)
    opened.get(mail)
    browsers |= {"nobody": Browser(app), "T0": opened, "T1": _inside(app, qr, fact)}
    browsers |= {"T2": _inside(app, mail, own.account.fact), "T3": _confirmed(app, own)}
    browsers |= {
        "other": _inside(app, neighbour.link(), neighbour.fact),
        "alien": _inside(app, alien.link(), alien.fact),
    }
    browsers |= {name: sign_in(app, clerk) for name, clerk in clerks.items() if name != "admin"}
    jobs.work_off()
    seats = {}
    for name, browser in browsers.items():
        inside = "/d/" if name in DEBTORS[1:] else "/gate" if name == "T0" else "/t"
        seats[name] = _seat(browser, inside, "/c/login" if inside != "/t" or name == "nobody" else "/c/me")
    long_ago = clock.now() - timedelta(minutes=11)
    with db.transaction():
        db.changed(
            update(StaffSession)
            .where(StaffSession.staff_id == clerks["unproved"].staff_id)
            .values(proved_at=long_ago)
        )
    seats |= {"key": _key(own.creditor_id, admin), "alien-k": _key(stranger.id, clerks["alien-s"])}
    return Room(app, _snapshot(prepared), own, seats, tokens)


def _key(creditor_id: int, maker: Somebody) -> Seat:
    with db.transaction():
        scope.enter(creditor_id)
        made = api_keys.make("ERP", [one.value for one in GRANTABLE], by=maker.staff_id)
    return Seat("", {}, made.written)


def _snapshot(prepared: Prepared) -> Prepared:
    """The database as it is now, to come back to."""
    db.disconnect()  # the last connection to close folds the write-ahead log into the file
    there = Path(make_url(prepared.url).database or "")
    kept = there.with_name("furnished.sqlite")
    kept.write_bytes(there.read_bytes())
    db.connect(prepared.url)
    return Prepared("sqlite", prepared.url, template=kept)


def installed(folder: Path) -> Iterator[tuple[PortalFlask, Prepared]]:
    """An empty installation on SQLite, for a whole table's time."""
    prepared = prepare_sqlite(folder)
    prepared.reset()
    told = environment(prepared, folder, "http://portal.test") | {"PORTAL_OPERATOR_EMAIL": "aiuto@portal.test"}
    yield create_app(Settings.read(told)), prepared
    db.disconnect()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for app, prepared in installed(Path(name)):
            room = furnish(app, prepared)
            FILE.write_text(written(table(room)), encoding="utf-8")
            for line in room.differing:
                sys.stderr.write(f"not the same bytes: {line}\n")
    sys.stdout.write(f"{os.path.relpath(FILE)} is written: read its difference before you commit it\n")


if __name__ == "__main__":
    main()
