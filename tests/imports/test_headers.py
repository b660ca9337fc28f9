"""Where the table is in a file: encoding, delimiter, the line of headers, which column is which, what is no row."""

from datetime import date

import pytest

from tests.imports.files import due, read, table, warned


@pytest.mark.parametrize(
    "headers",
    [
        "Numero;Data;Scadenza;Importo;Cliente",
        "N. fattura;Data doc.;Data scad.;Totale documento;Ragione Sociale",
        "N° Fattura;Data Fattura;Scad.;Importo (€);Denominazione",
        "NUM_DOC;DATA_DOC;DATA_SCADENZA;IMPORTO_TOTALE;NOMINATIVO",
        "Nr. documento;Data emissione;Scadenza;Importo EUR;Intestatario",
        "Invoice Number;Invoice Date;Due Date;Amount;Customer",
        "invoiceNumber;issueDate;dueDate;invoiceAmount;customerName",
        "invoice_no;issued_on;due_on;total_amount;customer_id",
        "Invoice #;Date;Due;Total;Client",
        "Fattura n.;Data;Scadenza;Residuo;Codice cliente",
        "number;issued_on;due_on;amount;debtor_name",
        '"Numero";"Data";"Scadenza";"Importo";"Cliente"',
    ],
)
def test_usual_headers_are_known(headers: str) -> None:
    found = table("7;02/03/2026;30/04/2026;10,00;Rossi", headers=headers)
    assert (found.one.number, found.one.issued_on, due(found.one)) == ("7", date(2026, 3, 2), [("2026-04-30", 1000)])
    assert found.one.debtor.name == "Rossi"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_the_one_under_which_the_headers_make_sense(delimiter: str) -> None:
    rows = [
        ["Numero", "Data", "Importo", "Cliente"],
        ["7", "2026-03-02", '"1.220,50"', '"Rossi, Bianchi; & C. | srl"'],
    ]
    found = read("\n".join(delimiter.join(row) for row in rows))
    assert found.one.debtor.name == "Rossi, Bianchi; & C. | srl"
    assert found.one.total.minor == 122050
    assert found.layout is not None
    assert found.layout.delimiter == delimiter


def test_excels_own_line_names_the_delimiter() -> None:
    assert read("sep=|\nNumero|Data|Importo|Cliente\n7|2026-03-02|10|Rossi\n").one.number == "7"


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8", set()), ("utf-8-sig", set()), ("utf-16", set()), ("cp1252", {"encoding_assumed"})],
)
def test_encodings(encoding: str, noted: set[str]) -> None:
    found = read("Numero;Data;Importo;Cliente\n7;2026-03-02;€ 10,00;Perché No – società\n".encode(encoding))
    assert found.one.debtor.name == "Perché No – società"
    assert found.noted == noted


def test_the_person_may_say_the_encoding() -> None:
    content = "Numero;Data;Importo;Cliente\n7;2026-03-02;10,00;Čapek\n".encode("cp1250")
    assert read(content, encoding="cp1250").one.debtor.name == "Čapek"
    assert read(content, encoding="utf-8").refused == [("encoding_wrong", "the whole file")]
    assert read(content, encoding="klingon").refused == [("encoding_unknown", "the whole file")]
    assert read(b"Numero;Data;Importo;Cliente\n\x81\x8d", "x.csv").refused == [("encoding_unknown", "the whole file")]


def test_titles_above_and_totals_below_are_left_out_and_told() -> None:
    found = read(
        "Fonderia Esempio s.r.l.;;;;\n"
        "Scadenzario clienti al 31/03/2026;;;;\n"
        "\n"
        "Numero;Data;Scadenza;Importo;Cliente;\n"
        "1;02/03/2026;30/04/2026;100,00;Rossi;\n"
        ";;;;;\n"
        "Numero;Data;Scadenza;Importo;Cliente;\n"
        "2;03/03/2026;30/04/2026;200,00;Totale Servizi srl;\n"
        ";;;300,00;;\n"
        "Totale generale;;;300,00;;\n"
        ";;Totale;300,00;;\n"
        "Stampato il 31/03/2026;;;;\n"
    )
    assert [document.number for document in found.documents] == ["1", "2"]
    assert found.refusals == []
    assert found.noted >= {"lines_skipped"}
    note = next(note for note in found.notes if note.code == "lines_skipped")
    assert "7, 9, 10, 11, 12" in str(note.message)


def test_an_open_quotation_mark_loses_no_line_silently() -> None:
    found = table(
        "1;2026-03-02;;10,00;Rossi",
        '2;2026-03-02;;20,00;"Bianchi',
        "3;2026-03-02;;30,00;Verdi",
        '4;2026-03-02;;40,00;"Neri"',
        "5;2026-03-02;;50,00;Gialli",
    )
    assert [document.number for document in found.documents] == ["1", "5"]
    assert found.refused == [("quote_open", "line 3")]
    assert "up to 5" in str(found.refusals[0].message)


def test_a_name_on_two_lines_is_a_name() -> None:
    found = table('1;2026-03-02;;10,00;"Rossi srl\nSede di Milano"', "2;2026-03-02;;x;Bianchi")
    assert found.one.debtor.name == "Rossi srl Sede di Milano"
    assert found.refused == [("amount_unreadable", "line 4, column Importo")]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ("Numero;Data;Scadenza;Cliente", "column_missing"),
        ("Numero;Scadenza;Importo;Cliente", "column_missing"),
        ("Numero;Data;Scadenza;Importo", "column_missing"),
        ("Numero;Data;Importo;Residuo;Cliente", "column_ambiguous"),
        ("Numero;Data;Importo;Totale;Cliente", "column_ambiguous"),
        ("Numero;Data;Data;Importo;Cliente", "column_ambiguous"),
        ("a;b;c;d;e", "header_missing"),
    ],
)
def test_columns_that_are_missing_or_named_twice_stop_the_file(headers: str, code: str) -> None:
    found = table("1;2026-03-02;10;20;x", headers=headers)
    assert [refusal.code for refusal in found.refusals] == [code]
    assert found.documents == []


def test_a_clear_name_wins_over_one_that_can_mean_more() -> None:
    found = table(
        "7;1;2026-03-02;2026-01-01;10;C1;Rossi",
        headers="Numero;Numero fattura;Data fattura;Data;Importo;Cliente;Ragione sociale",
    )
    assert (found.one.number, found.one.issued_on, found.one.debtor.name) == ("1", date(2026, 3, 2), "Rossi")
    assert found.layout is not None
    assert found.layout.ignored == ("Numero", "Data", "Cliente")


def test_the_person_says_which_column_is_which() -> None:
    rows, headers = ["1;2026-03-02;10,00;4,00;Rossi"], "Numero;Data;Importo;Residuo;Cliente"
    assert table(*rows, headers=headers, columns={"amount": "Residuo"}).one.total.minor == 400
    assert table(*rows, headers=headers, columns={"amount": "importo"}).one.total.minor == 1000
    assert table(*rows, headers=headers, columns={"amount": "Netto"}).refused == [("column_unknown", "line 1")]
    found = read(
        "x,y,z,w\nA1,2026-03-02,5,Rossi\n",
        columns={"number": "x", "issued_on": "y", "amount": "z", "debtor_code": "w"},
    )
    assert (found.one.number, found.one.debtor.code) == ("A1", "Rossi")


def test_the_person_may_take_a_column_away() -> None:
    rows, headers = ["1;2026-03-02;10,00;Rossi;B2B"], "Numero;Data;Importo;Cliente;Tipo"
    assert table(*rows, headers=headers).refused == [("kind_unknown", "line 2, column Tipo")]
    assert table(*rows, headers=headers, columns={"kind": ""}).one.kind == "invoice"


def test_an_iban_column_counts_only_when_it_is_asked_for() -> None:
    rows, headers = ["1;2026-03-02;10,00;Rossi;IT60X0542811101000000123456"], "Numero;Data;Importo;Cliente;IBAN"
    assert table(*rows, headers=headers).one.due_items[0].iban is None
    asked = table(*rows, headers=headers, columns={"iban": "IBAN"})
    assert asked.one.due_items[0].iban == "IT60X0542811101000000123456"
    bad = table(rows[0].replace("IT60", "IT61"), headers=headers, columns={"iban": "IBAN"})
    assert "iban_check" in warned(bad.one)


def test_minor_columns_named_twice_are_left_unused_and_told() -> None:
    found = table("1;2026-03-02;10;Rossi;a@b.example;c@d.example", headers="Numero;Data;Importo;Cliente;Email;E-mail")
    assert found.one.debtor.email is None
    assert "column_unclear" in found.noted
