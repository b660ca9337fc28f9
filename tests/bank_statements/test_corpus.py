"""Every real statement of the corpus is read or refused with a reason, and docs/corpus.md says which."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import mt940
import pytest
from pycamt.parser import Camt053Parser

from portal.bank_statements.documents import Movement, Refusal, Statement
from portal.bank_statements.reading import read_file, read_files
from portal.bank_statements.report import write_json
from portal.imports.options import ReadOptions
from tests.bank_statements.corpus_report import FOLDER, HEADING, files, report

pytestmark = pytest.mark.corpus
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "corpus.md"


@pytest.fixture(autouse=True)
def _needs_the_corpus() -> None:
    if not FOLDER.exists():
        pytest.skip(f"{FOLDER} is not here")


def read(name: str, **options: Any) -> list[Any]:
    (path,) = FOLDER.rglob(name)
    return [item for reading in read_file(path, ReadOptions(**options)) for item in reading]


def movements(name: str, **options: Any) -> list[Movement]:
    return [item for item in read(name, **options) if isinstance(item, Movement)]


def refused(name: str, **options: Any) -> list[str]:
    return [item.code for item in read(name, **options) if isinstance(item, Refusal)]


def statements(name: str) -> list[Statement]:
    return [item for item in read(name) if isinstance(item, Statement)]


def test_the_page_says_what_the_readers_do() -> None:
    page = PAGE.read_text().splitlines()
    assert HEADING in page, "run: python -m tests.bank_statements.corpus_report >> docs/corpus.md"
    assert page[page.index(HEADING) :] == list(report(files())), (
        "run both reports again, invoices first: python -m tests.imports.corpus_report > docs/corpus.md; "
        "python -m tests.bank_statements.corpus_report >> docs/corpus.md"
    )


def test_the_json_is_as_the_issue_says() -> None:
    out = StringIO()
    assert write_json(read_files([path for path in files() if path.suffix != ".xsd"], ReadOptions()), out)
    told = json.loads(out.getvalue())
    assert set(told) == {"files"}
    movements_of: list[dict[str, Any]] = []
    for file in told["files"]:
        assert set(file) == {"file", "format", "statements", "refusals"}
        assert all(set(one) == {"code", "where", "message"} for one in file["refusals"])
        for one in file["statements"]:
            assert set(one) == {"iban", "currency", "opening_minor", "closing_minor", "movements"}
            movements_of += one["movements"]
    assert len(movements_of) > 200
    for one in movements_of:
        assert set(one) == {
            "booked_on", "value_on", "amount_minor", "currency", "reversal", "end_to_end_id", "creditor_reference",
            "text", "counterparty",
        }  # fmt: skip
        assert type(one["amount_minor"]) is int
        assert type(one["reversal"]) is bool
        assert set(one["counterparty"]) == {"name", "iban"}


def test_every_booked_entry_of_every_version_of_camt_is_read() -> None:
    versions = set()
    for path in sorted((FOLDER / "camt").iterdir()):
        for reading in read_file(path, ReadOptions()):
            items = list(reading)
            assert reading.format == "camt"
            assert {item.code for item in items if isinstance(item, Refusal)} <= {
                "balance_differs", "batch_differs", "currency_differs",
            }, path  # fmt: skip
            versions |= {item.kind for item in items if isinstance(item, Statement)}
    assert versions == {"camt.052", "camt.053", "camt.054"}


def test_a_batch_is_taken_apart() -> None:
    found = movements("camt_parser__valid_example_v4.xml")
    parts = [one.amount.minor for one in found if one.part is not None and one.entry_reference
             == "20160530007602769939022000000012"]  # fmt: skip
    assert (len(parts), sum(parts)) == (10, 100000)
    assert refused("camt_parser__valid_example_v4.xml") == [], "opening + movements = closing"


def test_what_is_pending_is_not_money() -> None:
    assert [one.amount.minor for one in movements("iso20022__camt_054_Beispiel_NoCrdtBookedNotReversed.xml")] == [
        11100,
        -300,
    ]
    assert movements("camt__camt052.v6.Amt-zero.xml") == []


def test_signs_and_reversals() -> None:
    found = movements("camt_parser__valid_example-3.xml")
    assert [(one.amount.minor, one.reversal) for one in found] == [
        (1500, False),
        (900, False),
        (5656, False),
        (-600, True),
        (-1553, True),
    ]
    (storno,) = movements("jejik-mt940__sparkasse3.txt")
    assert (storno.amount.minor, storno.reversal, storno.amount.currency) == (-102725, True, "EUR")


def test_parties_stand_where_the_version_puts_them() -> None:
    (bank,) = movements("camt__camt054.v8-with-financial-institution.xml")
    assert (bank.counterparty.name, bank.booked_on) == ("Example Creditor 3 - V1", None)
    (person,) = movements("camt__camt053.v8.xml")
    assert person.counterparty.name == "NAME NAME"
    assert person.creditor_reference == "4654654654654654"
    assert statements("camt__camt053.v8.xml")[0].iban == "NL26VAYB8060476890"


def test_parts_in_another_currency_are_not_added_up() -> None:
    assert refused("camt__camt054.v8.xml") == ["batch_differs"]
    assert [one.amount.minor for one in movements("camt__camt054.v8.xml")] == [-20000000]
    assert "currency_differs" in refused("camt__camt053.v8.xml")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("mt940__empty_entry_date.sta", ["currency_missing"]),
        ("mt940__account_identification_iban.sta", ["statement_incomplete"]),
        ("mt940__invalid_statement.sta", ["format_unknown"]),
        ("mt940_parser__colon_in_descriptor.txt", ["statement_incomplete"]),
        ("mt940__multiline.sta", ["currency_missing"]),
        ("mt940__deutsche_bank.txt", ["balance_differs"]),
    ],
)
def test_broken_pieces_are_called_by_their_name(name: str, codes: list[str]) -> None:
    assert refused(name) == codes


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("bank-statement-import__test-sns.940", (-71313, "gerrits glas en schilderwerk", "NL49RABO0166416932")),
        ("mt940__mt940_iban.txt", (-19236, "B Bert", "NL57ABNA0876543211")),
        ("mt940__abn_structured_sepa_overboeking.txt", (1050, "CAFE MON AMI", "NL57INGB0001212121")),
        ("jejik-mt940__sparkasse.txt", (-2000, None, "DE95430800830802029200")),
        ("bank-statement-import__test-wrong-file.940", (40000, "R. SMITH", "NL66RABO0160878799")),
        (
            "mt940__knab_date_and_accounting_date_different_year.txt",
            (100000, "BEDRIJF VOF", "NL26ABNA0999999999"),
        ),
    ],
)
def test_who_paid_is_found_in_what_banks_write(name: str, first: tuple[int, str | None, str]) -> None:
    one = movements(name)[0]
    minor, who, iban = first
    assert (one.amount.minor, one.counterparty.iban) == (minor, iban)
    assert who is None or one.counterparty.name == who


def test_a_booking_day_lies_next_to_the_value_day() -> None:
    (one,) = movements("mt940__knab_date_and_accounting_date_different_year.txt")
    assert (str(one.value_on), str(one.booked_on)) == ("2014-01-01", "2013-12-29")
    (torn,) = movements("mt940__wrapped_timestamp.sta")
    assert (str(torn.value_on), str(torn.booked_on)) == ("2016-02-29", "2016-03-01")
    assert ":26:37 Fo" in (torn.text or "") or "26:37" in (torn.text or "")


def test_a_table_that_is_unclear_is_asked_about() -> None:
    name = "bank-statement-import__meta_data_separated_credit_debit.xlsx"
    assert set(refused(name)) == {"date_ambiguous"}
    found = movements(name, date_format="dmy")
    assert [one.amount.minor for one in found] == [-5000, -10000, -8068, 130000]
    assert refused(name, date_format="dmy") == ["balance_differs"], "by two cents"


def test_two_currencies_of_one_table_are_two_statements() -> None:
    assert [one.currency for one in statements("bank-statement-import__sample_statement_en.csv")] == ["USD", "EUR"]


def test_mt_940_agrees_with_the_library() -> None:
    """Amounts and value dates are what mt-940 finds too, wherever it can read the file at all."""
    compared = 0
    for path in sorted((FOLDER / "mt940").iterdir()):
        try:
            theirs = [
                (int(one.data["amount"].amount * 100), one.data["date"])
                for one in mt940.parse(str(path), options=mt940.Options.all())
                if "amount" in one.data and one.data["amount"].currency
            ]
        except (RuntimeError, ValueError, ArithmeticError, AttributeError):
            continue
        ours = [(one.amount.minor, one.value_on) for one in movements(path.name)]
        if len(ours) == len(theirs):
            assert [(minor, str(day)) for minor, day in theirs] == [(minor, str(day)) for minor, day in ours], path
            compared += len(ours)
    assert compared > 80


def test_camt_agrees_with_the_library() -> None:
    """Single bookings have the amounts that pycamt finds; where a detail is in another currency it takes that one."""
    compared = 0
    for path in sorted((FOLDER / "camt").glob("*.xml")):
        if path.name == "camt__camt053.v8.xml" or b"Ntfctn>" in path.read_bytes():
            continue  # there the detail of 8.85 EUR says 0 SEK; of notifications it knows nothing
        theirs = [
            int(Decimal(one["Amount"]) * 100) * (1 if one["CreditDebitIndicator"] == "CRDT" else -1)
            for one in Camt053Parser(path.read_bytes()).get_transactions()
            if one["Status"] == "BOOK"
        ]
        ours = [one.amount.minor for one in movements(path.name)]
        if all(one.part is None for one in movements(path.name)) and len(ours) == len(theirs):
            assert [abs(minor) for minor in ours] == [abs(minor) for minor in theirs], path
            compared += len(ours)
    assert compared > 15
