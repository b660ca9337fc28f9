"""A letter: planned, never mailed, printed with its codes, posted by a person, arrived some working days later."""

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.core import clock, db, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.core.outbox import OutboxRow
from portal.creditors import queries as creditors
from portal.debtors import links, typed_codes
from portal.debtors.models import Debtor
from portal.invoices import queries as invoice_queries
from portal.messages import actions as messages
from portal.messages import queries as message_queries
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.people.roles import Role
from portal.postal import actions, letter_pdf, queries, rules
from portal.postal import jobs as postal_jobs
from portal.postal.models import Letter, LetterBatch
from portal.postal.states import LetterStatus
from portal.silence import actions as silence
from portal.web.edge import PortalFlask
from tests.core import pictures
from tests.factories.messages import event_names
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account
from tests.promises.world import Promising


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2026", due_in=-20)
    made.add_invoice("2/2026", due_in=-30)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def write(account: Account, key: str = "reminder_gentle") -> int:
    """Returns the message's id."""
    return within(account, lambda: actions.write(account.debtor_id, account.invoice_ids, key=key).id)  # type: ignore[no-any-return]


def print_all(account: Account) -> LetterBatch:
    return within(account, lambda: actions.print_waiting(None))  # type: ignore[no-any-return]


def letter(account: Account, message_id: int) -> tuple[Letter, Message]:
    def found() -> Any:
        return queries.of_message(message_id), db.session().get_one(Message, message_id)

    return within(account, found)  # type: ignore[no-any-return]


def reached(account: Account, message_id: int) -> Any:
    return within(account, lambda: message_queries.reached([message_id])[message_id])


def test_a_letter_is_planned_for_the_post_and_for_no_relay(account: Account) -> None:
    message_id = write(account)
    row, message = letter(account, message_id)
    assert (row.status, message.status, message.channel) == (LetterStatus.PLANNED, MessageStatus.PLANNED, "letter")
    assert row.invoice_id == account.invoice_ids[1], "the codes open what falls due first"
    with db.transaction(writes=False):
        kinds = list(db.session().scalars(select(OutboxRow.kind).where(OutboxRow.subject_id == message_id)))
    assert messages.SEND not in kinds
    jobs.work_off()
    assert letter(account, message_id)[1].status is MessageStatus.PLANNED
    assert event_names(account, "letter") == ["letter.planned"]
    with pytest.raises(ValueError, match="invoice"):
        within(account, lambda: actions.write(account.debtor_id, [], key="reminder_gentle"))


def test_it_counts_some_working_days_after_it_was_posted(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = write(account)
    batch = print_all(account)
    row, message = letter(account, message_id)
    assert (row.status, message.status, batch.letters) == (LetterStatus.PRINTED, MessageStatus.SENDING, 1)
    assert "documenti" in (message.text_body or "")
    assert reached(account, message_id) is None
    today = clock.today()
    within(account, lambda: actions.post(queries.batch(batch.id), today))
    row, message = letter(account, message_id)
    assert (row.status, message.status, row.posted_on) == (LetterStatus.POSTED, MessageStatus.SENT, today)
    assert row.arrives_on == rules.arrives(today, 3)
    postal_jobs.hear_arrivals()
    assert reached(account, message_id) is None
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=12))
    postal_jobs.hear_arrivals()
    postal_jobs.hear_arrivals()
    assert clock.day_of(reached(account, message_id)) == row.arrives_on
    assert event_names(account, "letter") == ["letter.planned", "letter.printed", "letter.posted"]
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.post(queries.batch(batch.id), today))


def test_what_must_not_go_is_asked_at_the_moment_of_printing(account: Account) -> None:
    message_id = write(account)
    wanted = silence.Wanted("by_us", words="Bruno ci ha chiesto di aspettare")
    within(account, lambda: silence.begin(account.debtor_id, wanted, 1))
    row, message = letter(account, message_id)
    if row.status is LetterStatus.PLANNED:
        batch = print_all(account)
        assert (batch.letters, batch.held_back) == (0, 1)
        row, message = letter(account, message_id)
    assert (row.status, message.status) == (LetterStatus.CANCELLED, MessageStatus.SUPPRESSED)
    with pytest.raises(NotAllowedNow):
        print_all(account)


def test_it_speaks_of_what_is_open_as_it_is_printed(account: Account) -> None:
    books = Promising(account)
    first, second = write(account), write(account)
    books.pay(account.invoice_ids[0], 123456)
    within(account, lambda: actions.cancel(queries.of_message(second)))
    print_all(account)
    assert "2 documenti" not in (letter(account, first)[1].text_body or "")
    third = write(account)
    books.pay(account.invoice_ids[1], 123456)
    row, message = letter(account, third)
    if row.status is LetterStatus.PLANNED:
        assert print_all(account).held_back == 1
        row, message = letter(account, third)
    assert (row.status, message.status) == (LetterStatus.CANCELLED, MessageStatus.SUPPRESSED)


def test_the_sheet_says_nothing_in_the_window_and_its_code_opens(account: Account, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    message_id = write(account)
    batch = print_all(account)

    def made() -> tuple[bytes, str]:
        row, message = queries.of_message(message_id), db.session().get_one(Message, message_id)
        assert row is not None
        assert row.qr_link_id is not None
        sheet = (row, message, db.session().get_one(Debtor, row.debtor_id))
        face = creditors.face(account.creditor_id)
        return letter_pdf.pdf(face, batch, [sheet]), links.address(row.qr_link_id)

    content, address = within(account, made)
    (tmp_path / "letter.pdf").write_bytes(content)
    top = ["pdftotext", "-x", "0", "-y", "0", "-W", "595", "-H", "280", "letter.pdf", "-"]  # a third, in points
    window = subprocess.run(top, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "Bianchi Costruzioni" in window
    assert "documenti" not in window
    assert str(clock.today().year) not in window
    assert "€" not in window
    draw = ["pdftoppm", "-gray", "-r", "110", "-singlefile", "letter.pdf", "page"]
    subprocess.run(draw, cwd=tmp_path, check=True, capture_output=True)
    _, size, _, pixels = (tmp_path / "page.pgm").read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert pictures.read_qr([pixels[y * width : (y + 1) * width] for y in range(height)]) == address.encode()


def test_a_person_takes_one_out_before_it_is_posted_and_not_after(account: Account) -> None:
    first, second = write(account), write(account)
    within(account, lambda: actions.cancel(queries.of_message(first)))
    assert letter(account, first)[0].status is LetterStatus.CANCELLED
    assert letter(account, first)[1].status is MessageStatus.SUPPRESSED
    batch = print_all(account)
    within(account, lambda: actions.post(queries.batch(batch.id), clock.today()))
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.cancel(queries.of_message(second)))


def test_who_has_no_postcode_cannot_be_reached() -> None:
    assert rules.can_reach(Debtor(postcode="40121"))
    assert not rules.can_reach(Debtor(postcode=None))


def test_staff_print_download_and_post(app: PortalFlask, account: Account) -> None:
    write(account)
    staff = signed_in(app, account.creditor_id, Role.AGENT)
    staff.get("/c/letters")
    assert staff.status == 200
    staff.submit("/letters/print")
    pdf_path = next(path for path in staff.text.split('"') if path.endswith("letters.pdf"))
    staff.get(pdf_path)
    assert staff.status == 200
    assert staff.page is not None
    content = staff.page.data
    text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    row = within(account, lambda: db.session().scalars(select(Letter)).one())
    assert within(account, lambda: typed_codes.printed(row.typed_link_id)) in text
    staff.get(pdf_path)
    assert staff.page.data == content, "made anew, the same bytes"
    staff.get(pdf_path.replace(".pdf", ".csv"))
    rows = list(csv.DictReader(io.StringIO(staff.page.data.decode("utf-8-sig")), delimiter=";"))
    assert [(one["page"], one["customer_code"]) for one in rows] == [("1", "0042")]
    staff.get("/c/letters")
    staff.submit("/posted", day="1999-01-01")
    assert staff.status == 422
    assert 'value="1999-01-01"' in staff.text, "what was typed is kept"
    staff.submit("/posted", day=clock.today().isoformat())
    assert within(account, lambda: db.session().scalars(select(Letter)).one()).status is LetterStatus.POSTED


def test_what_was_paid_since_it_was_printed_is_taken_out_before_the_post(app: PortalFlask, account: Account) -> None:
    """The envelopes are there already: the page says that one has to come out, and posts nothing until then."""
    paid, goes = write(account), make_account(creditors_of(account), "0043")
    goes.add_invoice("3/2026", due_in=-20)
    other = write(goes)
    print_all(account)
    for invoice_id in account.invoice_ids:
        Promising(account).pay(invoice_id, account_open(account, invoice_id))
    staff = signed_in(app, account.creditor_id, Role.AGENT)
    staff.get("/c/letters")
    staff.submit("/posted", day=clock.today().isoformat())
    assert "take 1 out of the pile first" in staff.text
    assert letter(account, paid)[0].status is LetterStatus.CANCELLED
    assert letter(account, other)[0].status is LetterStatus.PRINTED
    staff.get("/c/letters")
    staff.submit("/posted", day=clock.today().isoformat())
    assert letter(account, other)[0].status is LetterStatus.POSTED


def account_open(account: Account, invoice_id: int) -> int:
    items = within(account, lambda: invoice_queries.items_of_debtor(account.debtor_id, invoice_id))
    return sum(one.open.minor for one in items)


def creditors_of(account: Account) -> Any:
    return within(account, creditors.in_scope)
