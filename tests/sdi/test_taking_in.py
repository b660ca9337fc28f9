"""A message finds its invoice by its file, its number at the SdI or its own number, and nothing is guessed."""

from tests.factories.world import make_creditor
from tests.imports.files import signed, zipped
from tests.sdi import messages as m
from tests.sdi.conftest import FILE, VAT, World, bill, lot


def test_by_the_name_of_its_file_however_that_was_wrapped(world: World) -> None:
    world.bring(
        ("a.zip", zipped({f"fatture/{VAT}_0000A.xml.p7m": signed(bill("1"))})), (f"{VAT}_0000B.XML", bill("2"))
    )
    assert world.taken(m.rc(f"{VAT}_0000A.xml.p7m"), m.rc(f"{VAT}_0000b.xml.p7m", "112")) == ["taken", "taken"]
    assert (world.said("1"), world.said("2")) == (["RC"], ["RC"])


def test_a_long_path_keeps_its_end(world: World) -> None:
    deep = world.folder / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    inside = World(world.creditor, deep)
    inside.bring((FILE, bill()))
    assert world.taken(m.rc(FILE)) == ["taken"]


def test_a_file_with_several_invoices_is_one_sending(world: World) -> None:
    world.bring((FILE, lot("1", "2", "3")))
    report = world.take(m.ns(FILE))
    assert [(one.invoice, one.outcome) for one in report.told] == [("1", "taken"), ("2", "taken"), ("3", "taken")]
    assert len(world.cases()) == 3
    assert all(world.held(number) == {"sdi_rejected"} for number in "123")


def test_an_answer_is_about_the_invoice_that_it_names(world: World) -> None:
    world.bring((FILE, lot("1", "2", "3")))
    assert world.taken(m.rc(FILE), m.ne(FILE, "EC02", reference=m.about("2"))) == ["taken"] * 4
    assert (world.held("1"), world.held("2"), world.held("3")) == (set(), {"sdi_refused"}, set())
    (why,) = world.why_not(m.ne(FILE, "EC02", reference=m.about("9")))
    assert "invoice 9, which was not in the file" in why
    (why,) = world.why_not(m.ne(FILE, "EC02", reference=m.about("1", 2025)))
    assert "not in the file" in why


def test_the_archive_that_the_files_were_sent_in(world: World) -> None:
    world.bring((f"{VAT}_00009.zip", zipped({f"{VAT}_0000A.xml": bill("1"), f"{VAT}_0000B.xml": bill("2")})))
    report = world.take(m.ns(f"{VAT}_00009.zip"))
    assert {one.invoice for one in report.told} == {"1", "2"}


def test_by_the_number_of_the_sdi_once_it_is_known_in_whatever_order_they_come(billed: World) -> None:
    assert billed.taken(m.ec("EC01"), m.rc(FILE)) == ["taken", "taken"]
    assert billed.said() == ["RC", "EC"]
    assert billed.taken(m.se()) == ["taken"]


def test_by_number_and_year_where_the_creditor_sent_it_itself(world: World) -> None:
    world.bring(
        ("tabella.csv", b"numero;data;scadenza;importo;cliente;piva\n7;02/03/2026;31/03/2027;10,00;Bianchi;\n")
    )
    ref = m.about("7")
    (why,) = world.why_not(m.ne("IT99999999999_1.xml", "EC02", reference=ref))
    assert "does not show that you sent it" in why
    (why,) = world.why_not(m.ne(f"{VAT}_1.xml", "EC02", reference=m.about("7", 2025)))
    assert "No invoice came in" in why
    assert world.count() == 0
    assert world.taken(m.ne(f"{VAT}_1.xml", "EC02", reference=ref)) == ["taken"]
    assert world.held() == {"sdi_refused"}


def test_two_invoices_of_the_same_number_are_not_told_apart(world: World) -> None:
    rows = b"numero;data;scadenza;importo;cliente\n7;02/03/2026;31/03/2027;10,00;Bianchi\n7;02/03/2026;31/03/2027;10,00;Verdi\n"
    world.bring(("tabella.csv", rows))
    report = world.take(m.ne(f"{VAT}_1.xml", "EC02", reference=m.about("7")))
    assert [one.outcome for one in report.told] == ["ambiguous"]
    assert "Several invoices have the number 7" in str(report.refusals[0].why)
    assert world.count() == 0


def test_two_files_of_one_name_are_not_told_apart_unless_the_message_does(world: World) -> None:
    world.bring((FILE, bill("1")))
    world.bring(("copia.zip", zipped({FILE: bill("2")})))
    report = world.take(m.rc(FILE))
    assert [one.outcome for one in report.told] == ["ambiguous"]
    assert (world.said("1"), world.said("2")) == ([], [])
    assert world.taken(m.ne(FILE, "EC01", reference=m.about("2"))) == ["taken"]
    assert (world.said("1"), world.said("2")) == ([], ["NE"])


def test_a_number_that_was_another_files_is_said(world: World) -> None:
    world.bring((FILE, bill("1")), (f"{VAT}_00002.xml", bill("2")))
    assert world.taken(m.rc(FILE, "111")) == ["taken"]
    (why,) = world.why_not(m.ns(f"{VAT}_00002.xml", "111"))
    assert "another file's before" in why
    assert world.held("2") == set()


def test_a_known_number_with_an_unknown_file_is_said(billed: World) -> None:
    assert billed.taken(m.rc(FILE, "111")) == ["taken"]
    report = billed.take(m.ns("IT1_9.xml", "111"))
    assert [one.outcome for one in report.told] == ["ambiguous"]
    assert (billed.said(), billed.held()) == (["RC"], set())


def test_what_came_too_early_is_said_and_taken_later(world: World) -> None:
    (why,) = world.why_not(m.ns(FILE))
    assert why == (
        f"NS: No invoice came in with the file {FILE}. Bring the e-invoice in first, then this message again."
    )
    world.bring((FILE, bill()))
    assert world.taken(m.ns(FILE)) == ["taken"]


def test_the_same_message_twice_changes_nothing(billed: World) -> None:
    assert billed.taken(m.ns(FILE), signed(m.ns(FILE))) == ["taken", "known"]
    assert billed.taken(m.ns(FILE)) == ["known"]
    assert (billed.count(), len(billed.cases()), billed.held()) == (1, 1, {"sdi_rejected"})


def test_another_creditors_invoice_is_not_there(billed: World) -> None:
    other = World(make_creditor("verdi", vat_number="IT09876543210"), billed.folder)
    (why,) = other.why_not(m.ns(FILE))
    assert "No invoice came in" in why
    assert billed.taken(m.rc(FILE)) == ["taken"]
    (why,) = other.why_not(m.ec("EC02", reference=m.about("7")))
    assert "does not show that you sent it" in why
    assert (billed.said(), billed.held()) == (["RC"], set())


def test_without_keeping_nothing_is_kept(billed: World) -> None:
    report = billed.take(m.ns(FILE), m.rc(f"{VAT}_00002.xml"), keep=False)
    assert [one.outcome for one in report.told] == ["taken", "not_found"]
    assert (billed.count(), billed.held()) == (0, set())


def test_many_messages_are_found_as_few_are(world: World) -> None:
    names = [f"{VAT}_{place:05}.xml" for place in range(40)]
    world.bring(*((name, bill(str(place))) for place, name in enumerate(names)))
    assert world.taken(*(m.rc(name, str(place)) for place, name in enumerate(names))) == ["taken"] * 40


def test_an_underscore_is_no_wildcard(world: World) -> None:
    world.bring((f"{VAT}X00001.xml", bill()))
    assert len(world.why_not(m.ns(FILE))) == 1


def test_json_of_a_run(billed: World) -> None:
    report = billed.take(m.rc(FILE), b"<Cane/>")
    assert report.as_json() == {
        "files": [
            {
                "file": f"{VAT}_00001_XX_000.xml",
                "messages": [{"kind": "RC", "file_name": FILE, "sdi_id": "111", "invoice": "7", "outcome": "taken"}],
            },
            {"file": f"{VAT}_00001_XX_001.xml", "messages": []},
        ],
        "refusals": [{"file": f"{VAT}_00001_XX_001.xml", "why": "This is no message of the SdI: its root is Cane."}],
    }
