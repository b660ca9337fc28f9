""" "This is not me" and "wrong address": a case for a colleague, who decides; what went does not come back."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.cases import kinds
from portal.cases.models import Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids, jobs, scope
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.creditors.models import Creditor
from portal.debtors import marks
from portal.debtors import queries as debtor_queries
from portal.debtors.models import AccessLink, ContactPoint, LinkTrace
from portal.imports import actions as imports
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.reading import ReadOptions
from portal.people.roles import Role
from portal.privacy import jobs as privacy_jobs
from portal.web.edge import PortalFlask
from portal.wrong_addresses import rules
from tests.actors import Browser, Debtor
from tests.factories import doors
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor

MAIL = "cliente.0042@bianchi.example"


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    make_person(made.creditor_id, Role.MANAGER, name="Ada Neri")
    return made


def at_the_door(app: PortalFlask, link: str, words: str = "", reason: str = "not_mine", **headers: str) -> Browser:
    stranger = Browser(app)
    stranger.get(link)
    stranger.get("/gate/not-me")
    form = stranger.form("/gate/not-me")
    stranger.client.environ_base["HTTP_USER_AGENT"] = headers.get("agent", "Mozilla/5.0")
    stranger.post(form.action, {**form.fields, "reason": reason, "words": words})
    assert stranger.path == "/gate/thank-you", stranger.text
    return stranger


def cases(account: Account) -> list[Case]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Case).where(Case.kind == kinds.WRONG_PERSON).order_by(Case.id)))


def traces(account: Account) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return len(session.scalars(select(LinkTrace).where(LinkTrace.kind == "not_me")).all())


def contact(account: Account) -> ContactPoint:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.get_one(ContactPoint, account.contact_id)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Non sono io, chiedete a Carla", True),
        ("pippo", True),
        ("qui", True),
        ("", False),
        ("12345 67", False),
        ("Tell us", False),
        ("The message came to me by mistake", False),
        ("/gate/not-me", False),
        ("IjQxYz.aN-4x_9", False),
        ("x", False),
    ],
)
def test_words_of_the_page_are_nobodys_words(words: str, expected: bool) -> None:
    page = '<p>Tell us: The message came to me by mistake</p><input value="IjQxYz.aN-4x_9"> /gate/not-me'
    assert rules.are_a_persons(words, page) is expected


def test_a_button_alone_leaves_a_trace_and_words_make_a_case(app: PortalFlask, account: Account) -> None:
    link = account.link()
    done = at_the_door(app, link)
    assert (traces(account), cases(account)) == (1, [])
    assert "Aggiunga due parole" in done.text
    done = at_the_door(app, link, "Questa casella ora legge Carla Verdi", agent="Barracuda Sentinel")
    assert (traces(account), cases(account)) == (2, []), "it says itself that it is a machine"
    at_the_door(app, link, "Questa casella ora legge Carla Verdi")
    (case,) = cases(account)
    assert (case.words, case.cause, case.subject_id) == (
        "Questa casella ora legge Carla Verdi",
        "not_mine",
        account.contact_id,
    )
    assert (case.status, case.visit_id) == (CaseStatus.OURS, None)
    assert case.owner_id is not None
    assert case.act_by is not None
    at_the_door(app, link, "Ancora io: davvero, scrivete altrove")
    assert len(cases(account)) == 1, "the same address is the same case"
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert [entry.author for entry in session.scalars(select(CaseEntry))] == ["customer"]
        link_row = session.scalars(select(AccessLink)).one()
    assert link_row.revoked_at is None, "no link dies by itself"
    Debtor(app).enter(link, account.fact)


def test_who_is_behind_the_gate_does_not_read_what_a_stranger_wrote(app: PortalFlask, account: Account) -> None:
    at_the_door(app, account.link(), "Sono la vicina, conosco la storia")
    (case,) = cases(account)
    debtor = doors.inside(Debtor(app), account)
    debtor.get("/d/help")
    assert ids.spell(case.id) not in debtor.text
    debtor.get(f"/d/cases/{ids.spell(case.id)}")
    assert debtor.status == 404


def test_staff_have_it_in_the_queue_and_confirming_forgets_the_address(app: PortalFlask, account: Account) -> None:
    link = account.link()
    at_the_door(app, link, "Questa casella ora legge Carla Verdi")
    (case,) = cases(account)
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get("/c/queue")
    assert ids.spell(case.id) in agent.text
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    assert MAIL in agent.text
    assert "I know it, but this is not for me" in agent.text
    assert "/answer" not in agent.text, "an answer would reach nobody"
    hidden = agent.form("/confirm").fields
    agent.post(f"/c/cases/{ids.spell(case.id)}/answer", {**hidden, "words": "Grazie"})
    assert agent.status == 409
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    agent.submit("/confirm")
    assert "the address is used no more" in agent.text
    (case,) = cases(account)
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, "stopped")
    assert (contact(account).stopped_why, contact(account).address) == ("not_me", MAIL)
    assert Browser(app).get(link).status_code == 404, "its links are dead at once"
    privacy_jobs.forget_hourly()
    gone = contact(account)
    assert "@" not in gone.address
    assert gone.sealed_mark is not None
    assert MAIL not in gone.sealed_mark
    agent.post(f"/c/wrong-addresses/{ids.spell(case.id)}/dismiss", hidden)
    assert agent.status in {404, 409}


def test_staff_know_better_and_go_on_writing(app: PortalFlask, account: Account) -> None:
    at_the_door(app, account.link(), "Questa casella ora legge Carla Verdi")
    (case,) = cases(account)
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    agent.submit("/dismiss")
    (case,) = cases(account)
    assert case.outcome == "theirs"
    assert contact(account).confirmed_at is not None
    assert contact(account).stopped_at is None


@pytest.mark.parametrize(("button", "outcome"), [("/stop", "stopped"), ("/confirm", "theirs")])
def test_what_is_decided_on_the_card_ends_the_case(
    app: PortalFlask, account: Account, button: str, outcome: str
) -> None:
    at_the_door(app, account.link(), "Questa casella ora legge Carla Verdi")
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    agent.submit(f"/contacts/{ids.spell(account.contact_id)}{button}")
    assert [case.outcome for case in cases(account)] == [outcome]


def test_a_viewer_decides_nothing(app: PortalFlask, account: Account) -> None:
    at_the_door(app, account.link(), "Questa casella ora legge Carla Verdi")
    (case,) = cases(account)
    viewer = signed_in(app, account.creditor_id, Role.VIEWER)
    viewer.get(f"/c/cases/{ids.spell(case.id)}")
    assert viewer.status == 200
    assert "/wrong-addresses/" not in viewer.text


def test_inside_it_is_said_in_their_words_and_changes_nothing(app: PortalFlask, account: Account) -> None:
    debtor = doors.inside(Debtor(app), account)
    debtor.get("/d/help")
    assert "/d/wrong-address" in debtor.text
    debtor.get("/d/wrong-address")
    debtor.submit("/wrong-address", reason="write_elsewhere", words="")
    assert debtor.status == 422, "where else must be said"
    debtor.submit("/wrong-address", reason="write_elsewhere", words="Scrivete a contabilita@bianchi.example")
    assert debtor.status == 200
    assert "Scrivete a contabilita@bianchi.example" in debtor.text
    debtor.get("/d/wrong-address")
    debtor.submit("/wrong-address", reason="left", words="")
    assert len(cases(account)) == 1
    (case,) = cases(account)
    assert case.visit_id is not None
    assert contact(account).stopped_at is None
    assert list(doors.contacts(account)) == [MAIL], "nothing is changed by it"
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    assert "Please write to another address" in agent.text
    agent.submit("/answer", words="Lo facciamo.")
    assert agent.status == 200
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    agent.submit("/confirm")
    privacy_jobs.forget_hourly()
    assert "@" not in contact(account).address, "forgotten, without a trace at the door"


def test_paper_has_a_door_and_no_page_inside(app: PortalFlask, account: Account) -> None:
    code = account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    at_the_door(app, code, "Questa fattura riguarda mio fratello")
    (case,) = cases(account)
    assert case.subject_id is None
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    assert "The code on paper" in agent.text
    agent.submit("/close", outcome="theirs")
    assert [one.outcome for one in cases(account)] == ["theirs"]
    visitor = Debtor(app)
    visitor.enter(code, "128/2026")
    visitor.get("/d/wrong-address")
    assert visitor.status == 404


def take_in(account: Account, *rows: str) -> list[ImportRow]:
    """Takes a CSV in and returns its remarks."""
    csv = "numero;data;scadenza;importo;cliente;codice cliente;email;telefono\n" + "\n".join(rows) + "\n"
    with db.transaction():
        scope.enter(account.creditor_id)
        batch = imports.upload([("r.csv", csv.encode())], ReadOptions(), None)
        imports.confirm(batch)
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get_one(ImportBatch, batch.id).status.value == "done"
        remarks = select(ImportRow).where(ImportRow.batch_id == batch.id, ImportRow.code == "address_left_out")
        return list(session.scalars(remarks))


def purge(account: Account, contact_id: int) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        doors.debtors.stop_contact(session.get_one(ContactPoint, contact_id), rules.NOT_ME)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        privacy_jobs.forget_hourly()


def test_no_file_brings_a_forgotten_address_back_and_the_report_says_so(app: PortalFlask, account: Account) -> None:
    mobile = doors.add_mobile(account)
    purge(account, account.contact_id)
    purge(account, mobile)
    assert not [one for one in doors.contacts(account) if "@" in one or one.startswith("+")]
    day = "01/11/2026;30/12/2026;10,00;Bianchi;0042"
    remarks = take_in(
        account,
        f"1/2026;{day};Cliente.0042@Bianchi.example;",
        f"2/2026;{day};;333 1234567",
        f"3/2026;{day};nuova@bianchi.example;",
    )
    assert sorted(row.number or "" for row in remarks) == ["1/2026", "2/2026"]
    assert all("bianchi" not in str(row.msgid).lower() + str(row.args) for row in remarks)
    assert [one for one in doors.contacts(account) if "@" in one or one[0] in "+3"] == ["nuova@bianchi.example"]


def test_another_debtor_and_another_creditor_may_have_the_same_address(app: PortalFlask, account: Account) -> None:
    purge(account, account.contact_id)
    remarks = take_in(account, f"1/2026;01/11/2026;30/12/2026;10,00;Verdi;0777;{MAIL};")
    assert remarks == []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(ContactPoint.address).where(ContactPoint.address == MAIL)).one()
        mine = session.get_one(ContactPoint, account.contact_id).sealed_mark
        assert marks.is_of(mine, account.debtor_id, "email", f" {MAIL.upper()}")
        assert marks.is_of(mine, account.debtor_id, "pec", MAIL), "one mailbox, however a file calls it"
        assert not marks.is_of(mine, account.debtor_id + 1, "email", MAIL)
        assert not marks.is_of(mine, account.debtor_id, "email", "x" + MAIL)
    elsewhere = make_account(make_creditor("verdi"), "0042")
    with db.transaction(writes=False):
        scope.enter(elsewhere.creditor_id)
        assert not marks.is_of(mine, account.debtor_id, "email", MAIL)


def test_nobody_types_a_forgotten_address_in_again(app: PortalFlask, account: Account) -> None:
    purge(account, account.contact_id)
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    agent.submit("/contacts", address=MAIL)
    assert agent.status == 422
    assert MAIL not in doors.contacts(account)


def test_the_history_holds_no_word_of_it(app: PortalFlask, account: Account) -> None:
    at_the_door(app, account.link(), "Questa casella ora legge Carla Verdi")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = session.scalars(select(EventRow)).all()
    assert "case.opened" in {row.name for row in rows}
    assert "Carla" not in str([row.data for row in rows])


def says_inside(app: PortalFlask, account: Account, reason: str, words: str = "") -> Debtor:
    debtor = Debtor(app)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/wrong-address")
    debtor.submit("/d/wrong-address", reason=reason, words=words)
    assert debtor.status == 200
    return debtor


def test_not_me_behind_the_gate_pauses_the_address_until_a_colleague_decides(
    app: PortalFlask, account: Account
) -> None:
    says_inside(app, account, "not_me")
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert debtor_queries.paused(account.debtor_id) == {account.contact_id}
    (case,) = cases(account)
    manager = manager_of(app, account)
    manager.get(f"/c/cases/{ids.spell(case.id)}")
    manager.submit("/dismiss")
    assert manager.status == 200
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert debtor_queries.paused(account.debtor_id) == set()


def test_who_thanks_after_the_decision_can_be_closed_again(app: PortalFlask, account: Account) -> None:
    debtor = says_inside(app, account, "left", "Ask Mr Bo")
    page, (case,) = debtor.path, cases(account)
    manager = manager_of(app, account)
    manager.get(f"/c/cases/{ids.spell(case.id)}")
    manager.submit("/dismiss")
    debtor.get(page)
    debtor.submit("/words", words="Thank you")
    assert cases(account)[0].status is CaseStatus.OURS
    manager.get(f"/c/cases/{ids.spell(case.id)}")
    manager.submit("/close", outcome="answered")
    assert cases(account)[0].status is CaseStatus.CLOSED


def test_nobody_decides_on_an_old_page(app: PortalFlask, account: Account) -> None:
    debtor = says_inside(app, account, "left", "Ask Mr Bo")
    page, (case,) = debtor.path, cases(account)
    manager = manager_of(app, account)
    for act in ("/confirm", "/dismiss"):
        manager.get(f"/c/cases/{ids.spell(case.id)}")
        debtor.get(page)
        debtor.submit("/words", words="No, I am wrong: it is mine")
        manager.submit(act)
        assert manager.status == 409, act
    assert contact(account).stopped_at is None


def manager_of(app: PortalFlask, account: Account) -> Browser:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        creditor = session.get_one(Creditor, account.creditor_id)
    return sign_in(app, make_person(creditor, Role.MANAGER, "b@rossi.example"))
