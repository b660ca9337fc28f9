"""Everything about one person, nothing about anybody else, and nothing that opens a door."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal.commands.line import Context
from portal.commands.privacy import group
from portal.core import db, ids, scope
from portal.core.events import EventRow
from portal.debtors import actions as debtors
from portal.documents import store
from portal.invoices.models import Invoice
from portal.people.roles import Role
from portal.privacy.register import register
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.privacy import person as people
from tests.privacy.person import Person
from tests.queries_counted import counted

OTHERS = ("Verdi Serramenti", "98765432109", "cliente.0043@bianchi.example", "collega.segreta@posta.example")


def keep_original(person: Person, media_type: str = "application/xml") -> None:
    with db.transaction() as session:
        scope.enter(person.creditor.id)
        file = store.keep(f"<cliente>{people.NAME}</cliente>".encode(), "IT01_1.xml", media_type)
        session.get_one(Invoice, person.account.invoice_ids[0]).file_id = file.id


def taken_out(person: Person) -> zipfile.ZipFile:
    person.clerk.get(f"/c/debtors/{ids.spell(person.debtor_id)}/privacy")
    assert person.clerk.status == 200, person.clerk.text[:2000]
    with person.clerk.submit("/privacy/export") as answer:
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert people.NAME.split()[1].lower() not in answer.headers["Content-Disposition"].lower()
        return zipfile.ZipFile(io.BytesIO(answer.get_data()))


def test_an_original_that_is_a_pdf_is_saved_as_one(spoken: Person) -> None:
    keep_original(spoken, "application/pdf")
    (name,) = (one for one in taken_out(spoken).namelist() if one.startswith("documents/128-2026"))
    assert name.endswith(".pdf")


def test_everything_they_said_and_everything_that_was_written_is_in_it(spoken: Person) -> None:
    keep_original(spoken)
    archive = taken_out(spoken)
    names = archive.namelist()
    assert {"person.json", "fields.json", "summary.pdf"} < set(names)
    assert any(name.startswith("documents/128-2026") for name in names)
    written = archive.read("person.json").decode()
    for word in (people.NAME, people.TAX_CODE, people.EMAIL, people.OTHER_EMAIL, people.MOBILE, people.WORDS,
                 people.QUESTION, people.REPLY, "128/2026", "7/26"):  # fmt: skip
        assert word in written, word
    tables = json.loads(written)["tables"]
    assert {one["source"] for one in tables["contact_points"]} == {"creditor"}
    assert {"invoices", "due_items", "receipt_answers", "cases", "case_entries", "transfer_notices", "messages", "access_links",
            "link_traces", "visits", "events", "ledger_transfers"} <= set(tables)  # fmt: skip
    assert any(one["text_body"] for one in tables["messages"])
    assert archive.read("summary.pdf").startswith(b"%PDF-")
    fields = json.loads(archive.read("fields.json"))
    assert set(tables) <= set(fields)
    assert set(tables["messages"][0]) == set(fields["messages"]["fields"])


def test_nothing_about_others_and_no_secret(spoken: Person) -> None:
    with db.transaction():
        scope.enter(spoken.creditor.id)
        debtors.add_contact(
            spoken.debtor_id, "email", "collega.segreta@posta.example", source="debtor", colleague=True
        )
    archive = taken_out(spoken)
    everything = "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    for word in OTHERS:
        assert word not in everything, word
    assert "c•••@posta.example" in everything
    for token in spoken.tokens:
        assert token not in everything
    tables = json.loads(archive.read("person.json"))["tables"]
    for name, rows in tables.items():
        secret = {one.name for one in register().tables[name].columns.values() if one.secret or one.staff_only}
        assert all(not secret & set(row) for row in rows), name


def test_it_is_written_in_the_chain_and_the_address_of_the_file_is_one_persons(
    app: PortalFlask, spoken: Person
) -> None:
    spoken.clerk.get(f"/c/debtors/{ids.spell(spoken.debtor_id)}/privacy")
    where = spoken.clerk.submit("/privacy/export", follow=False).headers["Location"]
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        exported = session.scalars(select(EventRow).where(EventRow.name == "person.exported")).one()
        assert exported.actor_kind == "staff"
    another = signed_in(app, spoken.creditor, Role.MANAGER)
    agent = signed_in(app, spoken.creditor, Role.AGENT)
    whole = where.partition("?")[0]
    tries = ((another, where, 404), (spoken.clerk, whole, 404), (agent, where, 403), (spoken.clerk, where, 200))
    for browser, address, expected in tries:
        with browser.get(address) as answer:
            assert answer.status_code == expected


def test_the_command_writes_the_same(app: PortalFlask, spoken: Person, tmp_path: Path) -> None:
    run = CliRunner()
    context = Context(create_app=lambda _settings: app)
    arguments = ["export", "--creditor", "rossi", "--debtor", people.CODE, "--out", str(tmp_path / "out")]
    told = run.invoke(group, arguments, obj=context)
    assert told.exit_code == 0, told.output
    with zipfile.ZipFile(told.stdout.strip()) as archive:
        assert people.WORDS in archive.read("person.json").decode()
    unknown = run.invoke(
        group, ["export", "--creditor", "rossi", "--debtor", "?", "--out", str(tmp_path)], obj=context
    )
    assert unknown.exit_code == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_only_managers_see_the_page(app: PortalFlask, person: Person, role: Role) -> None:
    assert (
        signed_in(app, person.creditor, role).get(f"/c/debtors/{ids.spell(person.debtor_id)}/privacy").status_code
        == 403
    )


@pytest.mark.parametrize("path", ["/c/debtors/{id}/privacy", "/c/settings/privacy"])
def test_the_pages_take_few_queries(person: Person, path: str) -> None:
    address = path.format(id=ids.spell(person.debtor_id))
    person.clerk.get(address)
    with counted() as seen:
        assert person.clerk.get(address).status_code == 200
    assert len(seen) <= 12, seen
