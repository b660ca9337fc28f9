"""Taking documents in: once, with their differences shown, without doubling customers."""

from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from portal.core import db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.debtors.models import ContactPoint, Debtor
from portal.demo.files import write_files
from portal.documents import store
from portal.imports import actions, originals
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.options import ReadOptions
from portal.invoices import actions as invoices
from portal.invoices import credit_notes, queries
from portal.invoices.models import DueItem, Hold, Invoice, Reservation
from portal.ledger import queries as ledger
from portal.ledger.actions import Source
from portal.ledger.models import Receivable
from portal.settings import Settings
from tests.factories.world import make_creditor
from tests.imports.files import fattura, zipped


def run(creditor_id: int, *paths: Path, options: ReadOptions | None = None) -> actions.Counts:
    options = options or ReadOptions()
    with db.transaction():
        scope.enter(creditor_id)
        batch = actions.begin(options, [path.name for path in paths])
    return actions.run(creditor_id, batch, options, [(path.name, path) for path in paths])


def csv(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text(
        "numero;data;scadenza;importo;codice cliente;cliente;partita iva;email;pagata il\n" + "\n".join(lines)
    )
    return path


def test_the_demo_company_comes_in_whole_and_a_second_time_changes_nothing(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    files = write_files(tmp_path / "files", date(2026, 11, 21))
    first = run(creditor.id, *files.paths)
    assert (first.refused, first.changed, first.unchanged) == (0, 0, 0)
    assert first.created > 140
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        debtors = session.scalar(select(func.count(Debtor.id)))
        assert ledger.unbalanced() == []
        events = session.scalar(select(func.count(EventRow.id)))
    again = run(creditor.id, *files.paths)
    assert (again.created, again.changed, again.unchanged) == (0, 0, first.created)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalar(select(func.count(Debtor.id))) == debtors
        assert session.scalar(select(func.count(EventRow.id)).where(EventRow.name != "import.finished")) <= events + 2


def test_a_changed_invoice_is_shown_as_a_difference_and_not_overwritten(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    row = "1/26;2026-10-01;2026-12-01;{};C1;Bianchi;;a@b.example;"
    run(creditor.id, csv(tmp_path, "a.csv", row.format("100,00")))
    counts = run(creditor.id, csv(tmp_path, "b.csv", row.format("120,00")))
    assert counts.changed == 1
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(DueItem.amount_minor)).all() == [10000]
        shown = session.scalars(select(ImportRow).where(ImportRow.outcome == "changed")).all()
        assert {(r.code, r.args["before"], r.args["after"]) for r in shown} == {
            ("differs", "100.00 EUR", "120.00 EUR")
        }


def test_a_settlement_that_was_undone_since_does_not_come_back_with_the_same_file(
    house: Settings, tmp_path: Path
) -> None:
    """Found by the simulator: the second file ended in AlreadyPosted, and with it the whole import."""
    creditor = make_creditor()
    row = "1/26;2026-10-01;2026-11-01;100,00;C1;Bianchi;;;{}"
    run(creditor.id, csv(tmp_path, "a.csv", row.format("2026-11-10")))
    with db.transaction() as session:
        scope.enter(creditor.id)
        [item] = queries.items(session.scalars(select(DueItem.id)).all())
        invoices.reopen_item(
            item, Money(4000, "EUR"), account="bank", kind="bank_return", source=Source("bank_return", ids.new_id()),
            value_on=date(2026, 11, 12),
        )  # fmt: skip
    assert run(creditor.id, csv(tmp_path, "b.csv", row.format("2026-11-10"))).changed == 1
    assert open_minor(creditor.id) == 4000, "the bank knows better than an old line"
    run(creditor.id, csv(tmp_path, "c.csv", row.format("2026-11-15")))
    assert open_minor(creditor.id) == 0, "settled once more, on a later day"


def open_minor(creditor_id: int) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        assert ledger.unbalanced() == []
        return session.scalars(select(Receivable.open_minor)).one()


def test_a_new_settlement_is_booked_once(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    row = "1/26;2026-10-01;2026-11-01;100,00;C1;Bianchi;;;{}"
    run(creditor.id, csv(tmp_path, "a.csv", row.format("")))
    for _ in range(2):
        run(creditor.id, csv(tmp_path, "b.csv", row.format("2026-11-05")))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        receivable = session.scalars(select(Receivable)).one()
        assert (receivable.open_minor, receivable.closed_on) == (0, date(2026, 11, 5))
        assert ledger.unbalanced() == []


def test_one_customer_by_vat_number_and_by_code_is_one(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, csv(tmp_path, "a.csv", "1/26;2026-10-01;2026-11-01;100,00;;Bianchi;01234567897;;"))
    run(creditor.id, csv(tmp_path, "b.csv", "2/26;2026-10-01;2026-11-01;100,00;C9;Bianchi;01234567897;x@y.example;"))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert [d.code for d in session.scalars(select(Debtor))] == ["C9"]
        assert session.scalars(select(ContactPoint.address)).all() == ["x@y.example"]
        assert session.scalar(select(func.count(Invoice.id))) == 2


def test_a_batch_that_was_stopped_goes_on_where_it_was(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    lines = [f"{n}/26;2026-10-01;2026-12-01;1{n},00;C{n};Nome {n};;;" for n in range(2600)]
    path, options = csv(tmp_path, "a.csv", *lines), ReadOptions()
    with db.transaction():
        scope.enter(creditor.id)
        batch = actions.begin(options, ["a.csv"])

    class Stopped(Exception):
        pass

    def stop(counts: actions.Counts) -> None:
        raise Stopped

    try:
        actions.run(creditor.id, batch, options, [("a.csv", path)], progress=stop)
    except Stopped:
        pass
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        read = session.get(ImportBatch, batch).read
    assert 0 < read < 2600
    actions.run(creditor.id, batch, options, [("a.csv", path)], already_read=read)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalar(select(func.count(Invoice.id))) == 2600
        assert session.get(ImportBatch, batch).created == 2600
        assert ledger.unbalanced() == []


def test_a_dispute_in_the_file_holds_what_is_open(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    path = tmp_path / "a.csv"
    path.write_text(
        "numero;data;scadenza;importo;codice cliente;contestata\n1/26;2026-10-01;2026-12-01;10,00;C1;si\n"
        "2/26;2026-10-01;2026-12-01;10,00;C1;no\n"
    )
    run(creditor.id, path)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(Hold.reason).where(Hold.ended_at.is_(None))).all() == ["disputed"]
        assert Money(session.scalars(select(Receivable.open_minor)).first(), "EUR") == Money(1000, "EUR")


def customers(creditor_id: int) -> list[tuple[str, str]]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        return [(d.code, d.name) for d in session.scalars(select(Debtor).order_by(Debtor.id))]


def test_a_customer_code_that_is_the_vat_number_is_one_customer(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, csv(tmp_path, "a.csv", "1/26;2026-10-01;2026-11-01;100,00;01234567897;Bianchi;;;"))
    run(creditor.id, csv(tmp_path, "b.csv", "2/26;2026-10-01;2026-11-01;100,00;;Bianchi;01234567897;;"))
    assert customers(creditor.id) == [("01234567897", "Bianchi")]


def test_names_alone_meet_whatever_their_casing_and_length(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    long = "Condominio di via Giuseppe Garibaldi numero centoventotto, scala "
    lines = [f"{n}/26;2026-10-01;2026-11-01;100,00;;{long}{letter};;;" for n, letter in enumerate("AB")]
    run(creditor.id, csv(tmp_path, "a.csv", *lines, "7/26;2026-10-01;2026-11-01;5,00;;Rossi Srl;;;"))
    counts = run(creditor.id, csv(tmp_path, "b.csv", *lines, "7/26;2026-10-01;2026-11-01;5,00;;ROSSI  SRL;;;"))
    assert (counts.created, counts.unchanged) == (0, 3)
    assert len(customers(creditor.id)) == 3


def test_a_code_longer_than_its_column_is_kept_apart(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    lines = [f"{n}/26;2026-10-01;2026-11-01;100,00;{'x' * 62}{n};Nome;;;" for n in range(2)]
    for name in ("a.csv", "b.csv"):
        run(creditor.id, csv(tmp_path, name, *lines))
    assert len(customers(creditor.id)) == 2


def test_the_same_number_twice_in_one_file_with_another_amount_is_a_difference(
    house: Settings, tmp_path: Path
) -> None:
    creditor = make_creditor()
    first = csv(tmp_path, "a.csv", "1/26;2026-10-01;2026-12-01;100,00;C1;Bianchi;;;")
    second = csv(tmp_path, "b.csv", "1/26;2026-10-01;2026-12-01;900,00;C1;Bianchi;;;")
    counts = run(creditor.id, first, second)
    assert (counts.created, counts.changed, counts.unchanged) == (1, 1, 0)


def test_credit_that_came_first_waits_for_its_own_invoice_and_no_younger_one(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, csv(tmp_path, "0.csv", "0/24;2024-10-01;2024-11-01;5,00;C1;Bianchi;;;"))
    with db.transaction() as session:
        scope.enter(creditor.id)
        debtor = session.scalars(select(Debtor)).one()
        note_id = ids.new_id()
        note = invoices.NewInvoice(note_id, debtor.id, "credit_note", "NC1", date(2025, 6, 1), Money(10000, "EUR"), (),
                                   related_number="12")  # fmt: skip
        invoices.add_invoices([note])
        credit_notes.apply_credit_note(session.get(Invoice, note_id))
    for day, amount, left in (
        ("2026-03-01", "60,00", 6000),
        ("2025-03-01", "70,00", 0),
        ("2025-04-01", "50,00", None),
    ):
        number = "12" if left is not None else "13"
        run(creditor.id, csv(tmp_path, f"{day}.csv", f"{number};{day};{day};{amount};C1;Bianchi;;;"))
        if left is not None:
            with db.transaction(writes=False) as session:
                scope.enter(creditor.id)
                newest = session.scalars(select(Receivable).order_by(Receivable.id.desc()).limit(1)).one()
                assert newest.open_minor == left, day
                assert ledger.unbalanced() == []


def test_a_settlement_in_the_file_closes_an_open_payment_page(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    row = "1/26;2026-10-01;2026-11-01;100,00;C1;Bianchi;;;{}"
    run(creditor.id, csv(tmp_path, "a.csv", row.format("")))
    with db.transaction() as session:
        scope.enter(creditor.id)
        item = session.scalars(select(DueItem)).one()
        session.add(Reservation(id=ids.new_id(), debtor_id=item.debtor_id, attempt_id=1, due_item_id=item.id,
                                amount_minor=10000, is_open=True))  # fmt: skip
    counts = run(creditor.id, csv(tmp_path, "b.csv", row.format("2026-11-05")))
    assert counts.changed == 1
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(Receivable.open_minor)).one() == 0


def test_the_e_invoices_of_a_zip_keep_their_originals_each_its_own(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    first, second = fattura(), fattura().replace(b"<Numero>", b"<Numero>Z")
    archive, alone, huge = tmp_path / "a.zip", tmp_path / "b.xml", tmp_path / "c.zip"
    archive.write_bytes(zipped({"leggimi.pdf": b"%PDF-1.7", "x/1.xml": first, "2.xml": second}))
    alone.write_bytes(fattura().replace(b"<Numero>", b"<Numero>Y"))
    large = fattura().replace(b"<Numero>", b"<Numero>X") + b" " * originals.LARGEST
    huge.write_bytes(zipped({"3.xml": large}))
    run(creditor.id, archive, alone, huge)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        kept = {}
        for invoice in session.scalars(select(Invoice)):
            file = store.row(invoice.file_id) if invoice.file_id else None
            kept.setdefault(invoice.number[0] if invoice.number[0] in "XYZ" else "", set()).add(
                store.content(file) if file else None
            )
    assert kept == {"": {first}, "Z": {second}, "Y": {alone.read_bytes()}, "X": {None}}
