"""`portal import invoices … --dry-run`: JSON as the issue has it, words for people, exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.commands.import_invoices import invoices
from portal.commands.line import Context
from portal.web.edge import PortalFlask
from tests.factories.world import make_creditor
from tests.imports.files import HEADERS, fattura, zipped


def run(*arguments: object, obj: object = None) -> Result:
    return CliRunner().invoke(invoices, [str(each) for each in arguments], obj=obj)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "fatture.csv"
    path.write_text(f"{HEADERS}\n1;02/03/2026;30/04/2026;1.220,00;Rossi\n2;03/03/2026;31/05/2026;-10,00;Bianchi\n")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "dubbi.csv"
    path.write_text(f"{HEADERS}\n1;03/04/2026;;1.234;Rossi\n2;2026-04-03;;10,5;Bianchi\n3;2026-04-03;;x;Verdi\n")
    return path


def test_json_of_a_good_file(good: Path) -> None:
    result = run(good, "--dry-run", "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert set(said) == {"files"}
    (file,) = said["files"]
    assert (file["file"], file["format"], file["refusals"]) == (str(good), "csv", [])
    assert file["documents"][0] == {
        "number": "1",
        "kind": "invoice",
        "issued_on": "2026-03-02",
        "currency": "EUR",
        "total_minor": 122000,
        "due_items": [{"due_on": "2026-04-30", "amount_minor": 122000, "iban": None}],
        "debtor": {"name": "Rossi", "vat_number": None, "tax_code": None, "country": None, "email": None},
        "warnings": [
            {"code": "currency_assumed", "where": "line 2", "message": "The file names no currency; EUR was assumed."}
        ],
    }
    assert (file["documents"][1]["kind"], file["documents"][1]["total_minor"]) == ("credit_note", 1000)


def test_json_of_a_file_with_refusals(bad: Path) -> None:
    result = run(bad, "--dry-run", "--json")
    assert result.exit_code == 1
    (file,) = json.loads(result.stdout)["files"]
    assert [d["number"] for d in file["documents"]] == ["2"]
    assert [(r["code"], r["where"]) for r in file["refusals"]] == [
        ("date_ambiguous", "line 2, column Data"),
        ("amount_unreadable", "line 4, column Importo"),
    ]
    assert all(r["message"].endswith(".") for r in file["refusals"])


def test_options_settle_what_the_file_leaves_open(bad: Path) -> None:
    result = run(
        bad, "--dry-run", "--json", "--date-format", "mdy", "--decimal", ",", "--columns", "debtor_code=Cliente"
    )
    (file,) = json.loads(result.stdout)["files"]
    assert [(d["issued_on"], d["total_minor"]) for d in file["documents"]] == [
        ("2026-03-04", 123400),
        ("2026-04-03", 1050),
    ]


def test_several_files_and_a_zip(good: Path, tmp_path: Path) -> None:
    archive, nothing = tmp_path / "a.zip", tmp_path / "niente.csv"
    archive.write_bytes(zipped({"b.xml": fattura(), "c.csv": b""}))
    nothing.write_bytes(b"")
    result = run(good, archive, nothing, "--dry-run", "--json")
    assert result.exit_code == 1
    assert [
        (f["file"], f["format"], len(f["documents"]), len(f["refusals"])) for f in json.loads(result.stdout)["files"]
    ] == [
        (str(good), "csv", 2, 0),
        (f"{archive}!b.xml", "fatturapa", 2, 0),
        (f"{archive}!c.csv", "csv", 0, 1),
        (str(nothing), "csv", 0, 1),
    ]


def test_words_for_people(good: Path, bad: Path) -> None:
    result = run(good, bad, "--dry-run")
    assert result.exit_code == 1
    assert "columns: number = Numero, issued_on = Data, due_on = Scadenza, amount = Importo" in result.stdout
    assert "read: 2 documents (1 invoices, 1 credit notes); refused: 0" in result.stdout
    assert "due: 1220.00 EUR" in result.stdout
    assert (
        "REFUSED at line 2, column Data (date_ambiguous): “03/04/2026” can be 2026-03-04 or 2026-04-03"
        in result.stdout
    )


def test_long_lists_are_cut_for_people(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [*(f"{n};2026-03-02;;x;Rossi" for n in range(60)), *(f"B{n};2026-03-02;;1;Rossi" for n in range(15))]
    path.write_text("\n".join([HEADERS, *rows]))
    result = run(path, "--dry-run")
    assert "… and 10 more refused; --json shows all" in result.stdout
    assert "  … and 5 more" in result.stdout
    assert len(json.loads(run(path, "--dry-run", "--json").stdout)["files"][0]["refusals"]) == 60


def test_a_terminal_is_not_written_to_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m.csv"
    path.write_text(f"{HEADERS}\n\x1b]0;x\x07;2026-03-02;;\x1b[31m;\x1b[0m\n1;2026-03-02;;10,00;\x1b[31mRossi\n")
    assert "\x1b" not in run(path, "--dry-run").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dry-run"],
        ["nowhere.csv", "--dry-run"],
        [".", "--dry-run"],
        ["GOOD", "--dry-run", "--columns", "foo=Bar"],
        ["GOOD", "--dry-run", "--columns", "number"],
        ["GOOD", "--dry-run", "--columns", "number=A,number=B"],
        ["GOOD", "--dry-run", "--date-format", "xyz"],
        ["GOOD", "--dry-run", "--decimal", ";"],
        ["GOOD", "--dry-run", "--encoding", "klingon"],
        ["GOOD", "--dry-run", "--encoding", "rot13"],
        ["GOOD"],
        ["GOOD", "--json"],
    ],
)
def test_wrong_usage(arguments: list[str], good: Path) -> None:
    result = run(*(good if argument == "GOOD" else argument for argument in arguments))
    assert result.exit_code == 2
    assert "Error:" in result.stderr
    assert result.stdout == ""


def test_a_field_can_be_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('Numero;Data;Importo, EUR;Cliente;Tipo\n1;2026-03-02;"10,00";Rossi;B2B\n')
    result = run(path, "--dry-run", "--json", "--columns", 'kind=,"amount=Importo, EUR"', "--encoding", "utf8")
    assert result.exit_code == 0
    (document,) = json.loads(result.stdout)["files"][0]["documents"]
    assert (document["kind"], document["total_minor"], document["currency"]) == ("invoice", 1000, "EUR")


def test_the_real_import_takes_in_and_says_what_it_refused(app: PortalFlask, good: Path, bad: Path) -> None:
    make_creditor("acme")
    context = Context(create_app=lambda _settings: app)
    result = run(good, "--creditor", "acme", "--date-format", "dmy", obj=context)
    assert (result.exit_code, result.stdout) == (0, "2 new, 0 different, 0 as before, 0 refused\n")
    again = run(good, "--creditor", "acme", "--date-format", "dmy", obj=context)
    assert "0 new, 0 different, 2 as before" in again.stdout
    refused = run(bad, "--creditor", "acme", obj=context)
    assert refused.exit_code == 1
    assert "column" in refused.stdout
    unknown = run(good, "--creditor", "nobody", obj=context)
    assert unknown.exit_code == 2
