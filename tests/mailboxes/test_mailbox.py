"""A mailbox as a source, over real IMAP: what comes from who counts waits for a yes, once; nothing else comes in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.core import clock, db, ids, installation, jobs, scope
from portal.creditors.models import Creditor
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.invoices.models import Invoice
from portal.mailboxes import actions, imap, queries
from portal.mailboxes import jobs as mailbox_jobs
from portal.mailboxes.models import Mailbox, MailSeen
from portal.mailboxes.rules import Found, Why
from portal.mailboxes.states import MailboxStatus
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.certificates import self_signed
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.uploads import ONE, TWO, all_of, count, table
from tests.mailboxes import post_office
from tests.mailboxes.post_office import PASSWORD, USER, PostOffice, mail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "imap.pem", "127.0.0.1")


@pytest.fixture
def office(house: Settings, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with post_office.opened(certificate) as opened:
        _allow(house, opened.port)
        yield opened
    installation.install(house, installation.keys())


def _allow(house: Settings, *ports: int) -> None:
    origins = frozenset(f"https://127.0.0.1:{port}" for port in ports)
    installation.install(replace(house, allowed_loopback=house.allowed_loopback | origins), installation.keys())


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


def within(creditor: Creditor, act: Any) -> Any:
    with db.transaction():
        scope.enter(creditor.id)
        return act()


def set_up(creditor: Creditor, office: PostOffice, **other: Any) -> None:
    given = {"host": "127.0.0.1", "port": office.port, "user": USER, "password": PASSWORD, "folder": "INBOX",
             "senders": "@rossi.example"}  # fmt: skip
    within(creditor, lambda: actions.save(**(given | other)))
    jobs.work_off()


def look() -> None:
    mailbox_jobs.read_mailboxes()
    jobs.work_off()


def mailbox(creditor: Creditor) -> Mailbox:
    found: Mailbox = within(creditor, queries.mailbox)
    return found


def outcomes(creditor: Creditor) -> list[str]:
    def act() -> list[str]:
        found = queries.mailbox()
        return [] if found is None else [one.outcome for one in reversed(queries.last_mails(found.id))]

    return within(creditor, act)  # type: ignore[no-any-return]


def test_a_file_in_a_mail_waits_for_a_yes_and_is_taken_once(
    app: PortalFlask, creditor: Creditor, office: PostOffice
) -> None:
    office.put(mail(("vecchio.csv", table(TWO))))
    set_up(creditor, office)
    assert outcomes(creditor) == [], "what lay there before is left"

    office.put(mail(("fatture.csv", table(ONE)), ("logo.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50)))
    look()
    look()
    assert outcomes(creditor) == [Found.TAKEN]
    assert all_of(creditor, ImportBatch.status) == [BatchStatus.UPLOADED]
    assert count(creditor, Invoice) == 0, "anybody can write any sender: nothing is saved without a yes"
    assert office.unread() == 2, "nothing is changed there"

    clerk = signed_in(app, creditor, Role.MANAGER)
    clerk.get("/c/")
    where = f"/c/imports/{ids.spell(all_of(creditor, ImportBatch.id)[0])}"
    assert where in clerk.text, "it stands on the page Today"
    clerk.get(where)
    assert "logo.png" not in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    assert all_of(creditor, Invoice.number) == ["1/26"]


def test_the_same_file_again_is_known_and_a_new_one_beside_it_counts(creditor: Creditor, office: PostOffice) -> None:
    set_up(creditor, office)
    office.put(mail(("a.csv", table(ONE))))
    office.put(mail(("b.csv", table(ONE))))
    office.put(mail(("a.csv", table(ONE)), ("c.csv", table(TWO))))
    look()
    assert outcomes(creditor) == [Found.TAKEN, Found.KNOWN, Found.TAKEN]


def test_only_whose_mails_count_and_only_what_can_be_read(creditor: Creditor, office: PostOffice) -> None:
    set_up(creditor, office, senders="anna@rossi.example\nPEC@Posta.example")
    several = mail(("a.csv", table(ONE)))
    several.replace_header("From", "anna@rossi.example, eve@evil.example")
    for one in (
        mail(("a.csv", table(ONE)), sender="anna@rossi.example.evil.example"),
        mail(("a.csv", table(ONE)), sender='"anna@rossi.example" <eve@evil.example>'),
        mail(("a.csv", table(ONE)), sender="bruno@rossi.example"),
        several,
        b"\xff\x00 no mail at all",
    ):
        office.put(one)
    office.put(mail())
    office.put(mail(("foto.jpg", b"\xff\xd8\xff\xe0" + b"0" * 60)))
    large = mail()
    large.add_attachment(b"\xff\xd8\xff\xe0" + b"0" * 5_000_000, maintype="image", subtype="jpeg", filename="x.jpg")
    office.put(large)
    office.put(mail(("a.csv", table(ONE)), sender="PEC <pec@posta.example>"))
    look()
    assert outcomes(creditor) == [Found.STRANGER] * 5 + [Found.NOTHING] * 3 + [Found.TAKEN]


def _files() -> Any:
    return db.session().scalars(select(ImportBatch.files)).one()


def test_a_certified_mail_holds_the_mail_that_was_sent(creditor: Creditor, office: PostOffice) -> None:
    set_up(creditor, office, senders="@pec.example")
    certified = EmailMessage()
    certified["From"], certified["To"] = "Per conto di: anna <posta-certificata@pec.example>", USER
    certified.set_content("Messaggio di posta certificata")
    certified.add_attachment(mail(("fatture.csv", table(ONE))), filename="postacert.eml")
    office.put(certified)
    look()
    assert outcomes(creditor) == [Found.TAKEN]
    assert [one["name"] for one in within(creditor, _files)] == ["fatture.csv"]


def test_a_mail_that_is_too_large_is_not_fetched(
    creditor: Creditor, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(creditor, office)
    monkeypatch.setattr(mailbox_jobs, "LARGEST", 1000)
    monkeypatch.setattr(imap.Folder, "content", lambda *_: pytest.fail("it was fetched"))
    office.put(mail(("gross.csv", table(*[ONE] * 100))))
    look()
    assert outcomes(creditor) == [Found.TOO_LARGE]


def test_a_mail_that_breaks_us_is_passed_over_and_one_that_breaks_the_books_is_not(
    creditor: Creditor, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(creditor, office)
    office.put(mail(("a.csv", table(ONE))))
    with monkeypatch.context() as once:
        once.setattr(
            actions, "take", lambda *_: (_ for _ in ()).throw(OperationalError("x", {}, Exception("locked")))
        )
        look()
    assert outcomes(creditor) == [], "it is read again"
    assert mailbox(creditor).trouble == Why.INTERNAL
    with monkeypatch.context() as once:
        once.setattr(actions, "take", lambda *_: (_ for _ in ()).throw(ValueError("x")))
        look()
    office.put(mail(("b.csv", table(TWO))))
    look()
    assert outcomes(creditor) == [Found.UNREADABLE, Found.TAKEN]
    assert mailbox(creditor).trouble is None


def test_numbered_anew_it_is_read_from_two_days_before_and_files_are_known(
    creditor: Creditor, office: PostOffice
) -> None:
    set_up(creditor, office)
    office.put(mail(("a.csv", table(ONE))))
    look()

    def renumber() -> None:
        found = queries.mailbox(lock=True)
        assert found is not None
        found.uid_validity, found.uid = 1, 4_000_000_000

    within(creditor, renumber)
    office.put(mail(("b.csv", table(TWO))))
    look()
    assert outcomes(creditor) == [Found.TAKEN, Found.KNOWN, Found.TAKEN]


@pytest.mark.parametrize(
    ("other", "why"),
    [({"password": "wrong"}, Why.LOGIN), ({"folder": "Nowhere"}, Why.FOLDER)],
)
def test_what_a_person_must_mend_stops_it_and_stands_on_today(
    app: PortalFlask, creditor: Creditor, office: PostOffice, other: dict[str, str], why: Why
) -> None:
    set_up(creditor, office, **other)
    assert (mailbox(creditor).status, mailbox(creditor).stopped_why) == (MailboxStatus.STOPPED, why)
    clerk = signed_in(app, creditor, Role.ADMIN)
    clerk.get("/c/")
    assert "/c/imports/mailbox" in clerk.text
    set_up(creditor, office)
    assert mailbox(creditor).status is MailboxStatus.ACTIVE
    clerk.get("/c/")
    assert "/c/imports/mailbox" not in clerk.text


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    creditor: Creditor, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    set_up(creditor, office)
    assert mailbox(creditor).trouble == Why.TLS


def test_a_server_that_is_away_is_tried_again_for_a_day(creditor: Creditor, house: Settings) -> None:
    away, now = PostOffice(1, 1), clock.now()
    _allow(house, 1)
    try:
        set_up(creditor, away)
        assert (mailbox(creditor).status, mailbox(creditor).trouble) == (MailboxStatus.ACTIVE, Why.UNREACHABLE)
        since = mailbox(creditor).trouble_since
        with time_machine.travel(now + timedelta(hours=23), tick=True):
            look()
        assert (mailbox(creditor).status, mailbox(creditor).trouble_since) == (MailboxStatus.ACTIVE, since)
        with time_machine.travel(now + timedelta(hours=25), tick=True):
            look()
        assert (mailbox(creditor).status, mailbox(creditor).stopped_why) == (MailboxStatus.STOPPED, Why.UNREACHABLE)
    finally:
        installation.install(house, installation.keys())


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "localhost", "mail.internal", "169.254.169.254"])
def test_nothing_inside_a_network_can_be_named(creditor: Creditor, host: str) -> None:
    with pytest.raises(actions.Wrong) as wrong:
        set_up(creditor, PostOffice(993, 0), host=host)
    assert wrong.value.field == "host"
    assert within(creditor, queries.mailbox) is None


def test_a_name_that_turns_out_to_be_inside_gets_not_one_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.0.0.7", 993))])
    monkeypatch.setattr(imap.socket, "create_connection", lambda *_: pytest.fail("it was called"))
    with (
        pytest.raises(imap.Trouble) as trouble,
        imap.opened(imap.Server("imap.example.com", 993, "a", "b", "INBOX"), frozenset()),
    ):
        pass
    assert trouble.value.why is Why.ADDRESS


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"user": "a b"}, "user"),
        ({"user": "a\r\nb"}, "user"),
        ({"folder": 'IN"BOX'}, "folder"),
        ({"folder": "Entrée"}, "folder"),
        ({"senders": ""}, "senders"),
        ({"senders": "anna"}, "senders"),
        ({"senders": "\n".join(f"a{n}@x.example" for n in range(51))}, "senders"),
        ({"port": 0}, "port"),
        ({"host": "imap.example.com/x"}, "host"),
        ({"host": "imap.example.com:993"}, "host"),
        ({"password": ""}, "password"),
    ],
)
def test_what_cannot_be_so_is_said_at_its_field(creditor: Creditor, typed: dict[str, Any], field: str) -> None:
    with pytest.raises(actions.Wrong) as wrong:
        set_up(creditor, PostOffice(993, 0), **({"host": "imap.example.com"} | typed))
    assert wrong.value.field == field


def test_the_page_keeps_what_was_typed_and_never_shows_the_password(
    app: PortalFlask, creditor: Creditor, office: PostOffice
) -> None:
    admin = signed_in(app, creditor, Role.ADMIN)
    admin.get("/c/imports/mailbox")
    typed = {"host": "127.0.0.1", "port": str(office.port), "user": USER, "password": PASSWORD, "senders": "anna"}
    _save(admin, typed)
    assert admin.status == 422
    assert USER in admin.text
    assert PASSWORD not in admin.text
    _save(admin, typed | {"senders": "@rossi.example"})
    assert admin.status == 200, admin.text
    jobs.work_off()
    office.put(mail(("a.csv", table(ONE))))
    look()
    admin.get("/c/imports/mailbox")
    assert f"/c/imports/{ids.spell(all_of(creditor, ImportBatch.id)[0])}" in admin.text
    assert PASSWORD not in admin.text
    admin.submit("/mailbox/stop")
    assert mailbox(creditor).status is MailboxStatus.STOPPED
    office.put(mail(("b.csv", table(TWO))))
    look()
    assert len(outcomes(creditor)) == 1
    admin.submit("/mailbox/resume")
    jobs.work_off()
    assert outcomes(creditor) == [Found.TAKEN, Found.TAKEN], "what came meanwhile is read now"


def _save(browser: Browser, typed: dict[str, str]) -> None:
    form = browser.form("/c/imports/mailbox")
    browser.post(form.action, {**form.fields, **typed})


def test_each_creditor_has_its_own_and_one_trouble_keeps_no_other_waiting(
    creditor: Creditor, office: PostOffice
) -> None:
    other = make_creditor("verdi")
    set_up(other, office, password="wrong")
    set_up(creditor, office)
    office.put(mail(("a.csv", table(ONE))))
    look()
    assert outcomes(creditor) == [Found.TAKEN]
    assert count(other, MailSeen) == 0
    assert count(other, ImportBatch) == 0


def test_two_workers_take_a_mail_once(creditor: Creditor, office: PostOffice) -> None:
    set_up(creditor, office)
    office.put(mail(("a.csv", table(ONE))))
    server = within(creditor, lambda: mailbox_jobs._server(queries.mailbox()))
    with imap.opened(server, installation.settings().allowed_loopback) as folder:
        uid = folder.behind(mailbox(creditor).uid)[0]
        content = folder.content(uid)
    for _ in range(2):
        mailbox_jobs._take(creditor.id, server, uid, content)
    assert outcomes(creditor) == [Found.TAKEN]
