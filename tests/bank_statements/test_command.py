"""`portal import statement`: shows without a database, takes in for a creditor, and answers 0, 1 or 2."""

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.bank_statements.formats import all_formats
from portal.commands import import_statement
from portal.commands.line import Context
from portal.core.money import Money
from portal.doubles.bank import BankDouble
from portal.settings import Settings
from tests.bank_statements.world import Treasury

DAY = date(2026, 3, 2)


def run(*given: str) -> Result:
    """The command as the shell starts it; the application is already there, as `house` made it."""
    return CliRunner().invoke(import_statement.group, ["statement", *given], obj=Context(create_app=lambda _: None))


def bank() -> BankDouble:
    made = BankDouble()
    made.credit(Money(1000, "EUR"), DAY, text="uno")
    made.debit(Money(300, "EUR"), DAY)
    return made


def test_a_dry_run_needs_neither_database_nor_creditor(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(bank().statement(DAY))
    told = run(str(path), "--dry-run", "--json")
    assert told.exit_code == 0, told.output
    (file,) = json.loads(told.stdout)["files"]
    assert (file["file"], file["format"], file["refusals"]) == (str(path), "camt", [])
    (statement,) = file["statements"]
    assert (statement["opening_minor"], statement["closing_minor"], statement["currency"]) == (0, 700, "EUR")
    assert [one["amount_minor"] for one in statement["movements"]] == [1000, -300]
    assert statement["movements"][0] == {
        "booked_on": "2026-03-02",
        "value_on": "2026-03-02",
        "amount_minor": 1000,
        "currency": "EUR",
        "reversal": False,
        "end_to_end_id": "E2E-1",
        "creditor_reference": None,
        "text": "uno",
        "counterparty": {"name": "Bianchi Costruzioni S.n.c.", "iban": "IT25O0306909606100000012345"},
    }


def test_a_zip_gives_one_entry_for_each_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.xml", bank().statement(DAY))
        archive.writestr("c.sta", bank().mt940(DAY))
        archive.writestr("d.txt", "nothing of a bank's")
    told = run(str(path), "--dry-run", "--json")
    assert told.exit_code == 1, "one of them is refused"
    found = {one["file"]: (one["format"], len(one["statements"])) for one in json.loads(told.stdout)["files"]}
    assert found == {f"{path}!b.xml": ("camt", 1), f"{path}!c.sta": ("mt940", 1), f"{path}!d.txt": ("csv", 0)}


def test_a_statement_that_does_not_add_up_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(bank().statement(DAY).replace(b">7.00<", b">8.00<"))
    told = run(str(path), "--dry-run", "--json")
    assert told.exit_code == 1
    (file,) = json.loads(told.stdout)["files"]
    assert [one["code"] for one in file["refusals"]] == ["balance_differs"]
    assert len(file["statements"][0]["movements"]) == 2
    assert "1.00" in file["refusals"][0]["message"]


def test_columns_are_named_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Quando;Quanto;Chi;Perché\n02/03/2026;1.234,56;Rossi;saldo\n13/03/2026;-10,00;Banca;spese\n")
    assert run(str(path), "--dry-run").exit_code == 1
    mapping = "booked_on=Quando,amount=Quanto,counterparty_name=Chi,text=Perché"
    told = run(str(path), "--dry-run", "--json", "--columns", mapping)
    assert told.exit_code == 0, told.output
    (statement,) = json.loads(told.stdout)["files"][0]["statements"]
    assert [(one["amount_minor"], one["counterparty"]["name"], one["text"]) for one in statement["movements"]] == [
        (123456, "Rossi", "saldo"),
        (-1000, "Banca", "spese"),
    ]


@pytest.mark.parametrize(
    "wrong", [["--columns", "nothing=X"], ["--columns", "amount"], [], ["--dry-run", "--date-format", "x"]]
)
def test_wrong_calls_end_with_two(tmp_path: Path, wrong: list[str]) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(bank().statement(DAY))
    assert run(str(path), *wrong).exit_code == 2
    assert run(str(tmp_path / "missing.xml"), "--dry-run").exit_code == 2


@pytest.mark.parametrize("each", all_formats(), ids=lambda one: one.CODE)
def test_every_example_is_read_without_a_refusal(tmp_path: Path, each: object) -> None:
    path = tmp_path / f"example{each.SUFFIXES[0]}"  # type: ignore[attr-defined]
    path.write_bytes(each.example())  # type: ignore[attr-defined]
    told = run(str(path), "--dry-run", "--json")
    assert told.exit_code == 0, told.output
    (file,) = json.loads(told.stdout)["files"]
    assert file["format"] == each.CODE  # type: ignore[attr-defined]
    assert file["statements"][0]["movements"][0]["amount_minor"] == 122000
    assert file["statements"][0]["movements"][0]["creditor_reference"] == "RF18539007547034"


def test_it_takes_in_for_a_creditor_and_counts(house: Settings, treasury: Treasury, tmp_path: Path) -> None:
    assert house
    item = treasury.due("100.00")
    treasury.bank.credit(Money(10000, "EUR"), treasury.day, reference=treasury.reference(item))
    treasury.bank.credit(Money(500, "EUR"), treasury.day, text="?")
    path = tmp_path / "a.xml"
    path.write_bytes(treasury.bank.statement(treasury.day))
    told = run(str(path), "--creditor", "rossi")
    assert (told.exit_code, treasury.open(item)) == (0, 0), told.output
    assert told.stdout.startswith("2 new, 0 known already, 1 booked, 1 waiting for a person, 0 refused")
    again = run(str(path), "--creditor", "rossi")
    assert again.stdout.startswith("0 new, 2 known already, 0 booked")
    assert run(str(path), "--creditor", "nobody").exit_code == 2


def test_a_line_with_money_both_ways_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["5,00;6,00;due cose", ";6,00;una", "0,00;7,00;nulla in dare", "5,00;5,00;pari"]
    path.write_text("\n".join(["Data;Dare;Avere;Causale", *(f"16/03/2026;{row}" for row in rows), ""]), "utf-8")
    told = run(str(path), "--dry-run", "--json")
    assert told.exit_code == 1
    (file,) = json.loads(told.stdout)["files"]
    assert [one["amount_minor"] for one in file["statements"][0]["movements"]] == [600, 700]
    assert [(one["code"], one["where"]) for one in file["refusals"]] == [
        ("amounts_contradict", "line 2"),
        ("amounts_contradict", "line 5"),
    ]
    assert "several columns" in file["refusals"][0]["message"]
