"""One request, one transaction: what commits, what does not, what is kept of a refusal (house.md §4, rule A-13)."""

import io
from typing import Any

import pytest
from flask import abort, redirect
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.errors import Invalid, NotAllowedNow, NotFound, StaleWrite
from portal.core.text import t
from portal.creditors import actions as creditors
from portal.creditors.models import Creditor
from portal.debtors.models import LinkTrace
from portal.web.edge import PortalFlask
from portal.web.gates import open_blueprint
from tests.actors import Browser, Debtor
from tests.factories.world import Account, make_account
from tests.parallel import at_once
from tests.queries_counted import counted

ENDS: dict[str, tuple[Any, int]] = {
    "page": (lambda: "fine", 200),
    "redirect": (lambda: redirect("/genuine", 303), 303),
    "nothing": (lambda: ("", 204), 204),
    "form with mistakes": (lambda: ("mend it", 422), 422),
    "conflict": (lambda: ("no", 409), 409),
    "client error": (lambda: ("no", 400), 400),
    "server error": (lambda: ("no", 500), 500),
    "abort": (lambda: abort(403), 403),
    "business no": (lambda: _raise(NotAllowedNow(t("No."))), 409),
    "stale": (lambda: _raise(StaleWrite(t("No."))), 409),
    "not there": (lambda: _raise(NotFound(t("No."))), 404),
    "invalid": (lambda: _raise(Invalid(t("No."))), 422),
    "bug": (lambda: _raise(ZeroDivisionError("secret words")), 500),
}
FORM = "application/x-www-form-urlencoded"
KEEPS = {"page", "redirect", "nothing"}


def _raise(error: Exception) -> Any:
    raise error


class Laboratory:
    """Views that write and then end in every way."""

    def __init__(self, app: PortalFlask) -> None:
        self.app, self.told, self.account = app, list[str](), Account(0, 0, 0, "")
        blueprint = open_blueprint("tests_edge", __name__, why="a test's own", url_prefix="/tests")
        blueprint.add_url_rule("/write/<way>", "write", self.write, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        blueprint.add_url_rule("/twice", "twice", self.twice, methods=["POST"])
        blueprint.add_url_rule("/trace/<when>", "trace", self.trace, methods=["GET", "POST"])
        blueprint.add_url_rule("/outside", "outside", self.outside, methods=["POST"])
        blueprint.add_url_rule("/echo", "echo", lambda: "read", methods=["POST"])
        app.extensions["csrf"].exempt(blueprint)
        app.register_blueprint(blueprint)
        self.browser = Browser(app)

    def write(self, way: str) -> Any:
        creditors.add(f"w{ids.spell(ids.new_id())}", "Written S.r.l.")
        db.on_commit(lambda: self.told.append(way))
        return ENDS[way][0]()

    def twice(self) -> str:
        """Fails when it commits, not before: the database has the last word."""
        with db.session().no_autoflush:
            for _ in range(2):
                db.session().add(
                    Creditor(id=ids.new_id(), slug="same", name="x", display_name="x", created_at=clock.now())
                )
        return "said too early"

    def trace(self, when: str) -> Any:
        scope.enter(self.account.creditor_id)
        if when == "late":
            creditors.add("late", "Late S.r.l.")
        with db.trace() as session:
            row = LinkTrace(
                id=ids.new_id(), debtor_id=self.account.debtor_id, link_id=1, kind="viewed", client=None,
                at=clock.now()
            )  # fmt: skip
            session.add(row)
        return "no", 409

    def outside(self) -> str:
        creditors.add("before", "Before S.r.l.")
        with db.outside_transaction():
            try:
                db.session()
            except db.NoTransaction:
                self.told.append("no session outside")
        creditors.add("after", "After S.r.l.")
        raise ZeroDivisionError

    def count(self) -> int:
        with db.transaction(writes=False) as session:
            return len(session.scalars(select(Creditor.id)).all())

    def send(self, path: str, method: str = "POST", **kwargs: Any) -> Any:
        return self.browser.client.open(path, method=method, base_url="http://portal.test", **kwargs)


@pytest.fixture
def app(own_app: PortalFlask) -> PortalFlask:
    return own_app


@pytest.fixture
def laboratory(app: PortalFlask) -> Laboratory:
    return Laboratory(app)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_is_kept_when_it_is_answered_below_400_and_else_not(laboratory: Laboratory, method: str) -> None:
    for way, (_, status) in ENDS.items():
        before, told = laboratory.count(), len(laboratory.told)
        assert laboratory.send(f"/tests/write/{way}", method).status_code == status, way
        kept = way in KEEPS
        assert laboratory.count() == before + kept, way
        assert laboratory.told[told:] == [way] * kept, "what follows the commit follows no rollback"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_look_that_would_change_something_is_stopped(laboratory: Laboratory, method: str) -> None:
    for way in ENDS:
        assert laboratory.send(f"/tests/write/{way}", method).status_code == 500
    assert laboratory.count() == 0


def test_a_commit_that_the_database_refuses_is_a_409_and_nothing_is_kept(laboratory: Laboratory) -> None:
    answer = laboratory.send("/tests/twice")
    assert answer.status_code == 409
    assert "said too early" not in answer.get_data(as_text=True)
    assert laboratory.count() == 0


def test_a_trace_is_kept_of_a_refusal_and_of_a_look(laboratory: Laboratory) -> None:
    laboratory.account = make_account()
    for method in ("GET", "POST"):
        assert laboratory.send("/tests/trace/early", method).status_code == 409
    with db.transaction(writes=False) as session:
        scope.enter(laboratory.account.creditor_id)
        assert session.scalars(select(LinkTrace.kind)).all() == ["viewed", "viewed"]


def test_a_trace_after_a_write_is_a_mistake_of_ours(laboratory: Laboratory) -> None:
    laboratory.account = make_account()
    assert laboratory.send("/tests/trace/late").status_code == 500
    assert laboratory.count() == 1, "the one creditor of the account"
    with db.transaction(writes=False) as session:
        scope.enter(laboratory.account.creditor_id)
        assert session.scalars(select(LinkTrace.id)).all() == []


def test_what_was_written_before_a_network_call_stays_and_what_failed_after_it_goes(laboratory: Laboratory) -> None:
    assert laboratory.send("/tests/outside").status_code == 500
    assert laboratory.told == ["no session outside"]
    with db.transaction(writes=False) as session:
        assert session.scalars(select(Creditor.slug)).all() == ["before"]


def test_every_request_gives_its_connection_back(laboratory: Laboratory) -> None:
    for way in ENDS:
        laboratory.send(f"/tests/write/{way}")
        laboratory.send(f"/tests/write/{way}", "GET")
    laboratory.send("/nowhere")
    laboratory.send("/health/ready", "GET")
    assert db.engine().pool.checkedout() == 0  # type: ignore[attr-defined]
    with pytest.raises(db.NoTransaction):
        db.session()


def test_forty_requests_at_once_each_have_their_own_transaction(laboratory: Laboratory) -> None:
    ways = list(ENDS)
    app = laboratory.app

    def send(number: int) -> int:
        way = ways[number % len(ways)]
        return app.test_client().post(f"/tests/write/{way}", base_url="http://portal.test").status_code

    statuses = at_once(39, send)
    assert statuses == [ENDS[ways[number % len(ways)]][1] for number in range(39)]
    assert laboratory.count() == 3 * len(KEEPS)
    assert db.engine().pool.checkedout() == 0  # type: ignore[attr-defined]


def test_each_answer_has_a_number_of_its_own(app: PortalFlask) -> None:
    numbers = [Debtor(app).get("/genuine").headers["X-Request-Id"] for _ in range(20)]
    assert len(set(numbers)) == 20
    assert all(len(number) == 16 for number in numbers)


def test_a_forged_host_is_refused(app: PortalFlask) -> None:
    """A-13: no page, no redirect and no link is ever built from it."""
    hosts = ("evil.example", "portal.test.evil.example", "portal.test:81@evil.example", "", "portal.test\\@evil")
    for host in hosts:
        for path in ("/", "/gate", "/d/", "/l/" + "A" * 32, "/nowhere", "/genuine"):
            answer = app.test_client().get(path, headers={"Host": host})
            assert answer.status_code == 400, (host, path)
            assert "evil" not in answer.get_data(as_text=True)
            assert "evil" not in str(answer.headers)


def test_a_forged_forwarded_host_changes_nothing(app: PortalFlask) -> None:
    account = make_account()
    for header in ("X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"):
        value = "host=evil.example" if header == "Forwarded" else "evil.example"
        answer = Debtor(app).get(account.link(), follow=False, headers={header: value})
        assert answer.headers["Location"] == "/gate"
        page = Debtor(app).get("/genuine", headers={header: value})
        assert "evil.example" not in page.get_data(as_text=True)


def test_a_static_file_asks_nothing_of_the_database(app: PortalFlask) -> None:
    client = app.test_client()
    with counted() as queries, client.get("/static/portal.css", base_url="http://portal.test") as answer:
        assert answer.status_code == 200
    assert len(queries) == 0
    for outside in ("/static/../settings.py", "/static/..%2f..%2fvar%2fkeys.json", "/static//etc/passwd", "/static/"):
        assert client.get(outside, base_url="http://portal.test", follow_redirects=True).status_code == 404


def test_too_much_is_refused_before_it_is_read(laboratory: Laboratory) -> None:
    many = {f"field{number}": "x" for number in range(600)}
    assert laboratory.send("/gate", data={**many, "file": (io.BytesIO(b"x"), "x.txt")}).status_code == 413
    assert laboratory.send("/gate", data={"fact": "x" * 2_000_000}).status_code == 413
    part = b'--x\r\nContent-Disposition: form-data; name="fact"\r\n\r\n' + b"x" * 600_000 + b"\r\n--x--\r\n"
    assert laboratory.send("/gate", data=part, content_type="multipart/form-data; boundary=x").status_code == 413
    assert laboratory.send("/gate", data="&" * 2_000_000, content_type=FORM).status_code == 413
    assert laboratory.send("/gate", data=b"[" * 2_000_000, content_type="application/json").status_code in {400, 413}
    whole = {"CONTENT_LENGTH": str(40 * 1024 * 1024), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    assert laboratory.send("/gate", environ_overrides=whole).status_code == 413
