"""CSV as accountants have it: titles above, totals below, every way to write a header; and what is never guessed."""

from datetime import date

import pytest

from portal.imports.tables import merging, survey
from tests.imports.files import due, read, table, warned


def test_a_usual_file_says_all_that_it_says() -> None:
    found = read(
        "Numero;Data;Scadenza;Importo;Valuta;Tipo documento;Codice cliente;Ragione sociale;P.IVA;Codice fiscale;"
        "E-mail;Telefono;Lingua;CAP;Nazione;Data incasso;Contestata\r\n"
        "2026/1;02/03/2026;30/04/2026;1.220,00;EUR;Fattura;C1;Officine Brenta s.r.l.;IT07973780013;07973780013;"
        "a@brenta.example;+39 049 123456;it;35121;Italia;15/04/2026;No\r\n"
    )
    document = found.one
    assert (found.format, document.number, document.kind, document.issued_on) == (
        "csv", "2026/1", "invoice", date(2026, 3, 2),
    )  # fmt: skip
    assert due(document) == [("2026-04-30", 122000)]
    assert document.total.minor == 122000
    assert document.settled_on == document.due_items[0].settled_on == date(2026, 4, 15)
    assert not document.disputed
    assert document.warnings == ()
    debtor = document.debtor
    assert (debtor.name, debtor.code, debtor.vat_number, debtor.tax_code) == (
        "Officine Brenta s.r.l.", "C1", "07973780013", "07973780013",
    )  # fmt: skip
    assert (debtor.country, debtor.email, debtor.phone, debtor.language, debtor.postcode, debtor.kind) == (
        "IT", "a@brenta.example", "+39 049 123456", "it", "35121", "business",
    )  # fmt: skip


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


def test_ambiguous_dates_are_refused_row_by_row() -> None:
    found = table("1;03/04/2026;03/05/2026;10,00;Rossi", "2;2026-04-03;2026-05-03;10,00;Rossi")
    assert found.refused == [("date_ambiguous", "line 2, column Data"), ("date_ambiguous", "line 2, column Scadenza")]
    assert found.one.number == "2"


def test_the_whole_file_settles_a_date_and_says_so() -> None:
    found = table("1;03/04/2026;03/05/2026;10,00;Rossi", "2;02/04/2026;31/05/2026;10,00;Rossi")
    assert [document.issued_on for document in found.documents] == [date(2026, 4, 3), date(2026, 4, 2)]
    assert [str(note.where) for note in found.notes if note.code == "date_order_settled"] == [
        "column Data", "column Scadenza",
    ]  # fmt: skip
    assert found.layout is not None
    assert found.layout.date_orders == {"issued_on": "dmy", "due_on": "dmy"}


def test_two_meanings_of_an_amount() -> None:
    rows = ["1;2026-03-02;;1.234;Rossi"]
    assert table(*rows).refused == [("amount_ambiguous", "line 2, column Importo")]
    assert table(*rows, decimal=",").one.total.minor == 123400
    assert table(*rows, "2;2026-03-02;;12,50;Rossi").documents[0].total.minor == 123400
    assert table(*rows, "2;2026-03-02;;12,50;Rossi").noted == {"decimal_settled"}


def test_every_wrong_cell_of_a_row_is_named() -> None:
    found = table(";31/02/2026;domani;dieci;")
    assert found.refused == [
        ("number_missing", "line 2, column Numero"),
        ("date_unreadable", "line 2, column Data"),
        ("date_unreadable", "line 2, column Scadenza"),
        ("amount_unreadable", "line 2, column Importo"),
        ("debtor_missing", "line 2, column Cliente"),
    ]


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("1;;;10,00;Rossi", ("date_missing", "line 2, column Data")),
        ("1;2026-03-02;;;Rossi", ("amount_missing", "line 2, column Importo")),
        ("1;46115;;10,00;Rossi", ("date_serial", "line 2, column Data")),
        ("1,23457E+11;2026-03-02;;10,00;Rossi", ("number_damaged", "line 2, column Numero")),
        ("1;2026-03-02;;1e3;Rossi", ("amount_unreadable", "line 2, column Importo")),
        ("1;2026-03-02;;10,00;Rossi;in più", ("cells_too_many", "line 2")),
        ('1;2026-03-02;;10,00;"Ditta "Rossi" srl"', ("quote_open", "line 2")),
        ('"1\n2";2026-03-02;;10,00;Rossi', ("number_unreadable", "line 2, column Numero")),
        ("9" * 100 + ";2026-03-02;;10,00;Rossi", ("number_unreadable", "line 2, column Numero")),
    ],
)
def test_refused_rows_leave_the_others_alone(row: str, refused: tuple[str, str]) -> None:
    found = table(row, "2;2026-03-02;;20,00;Bianchi")
    assert found.refused == [refused]
    assert found.one.number == "2"


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


def test_rows_of_one_number_and_debtor_are_one_document() -> None:
    found = table(
        "1;2026-03-02;2026-04-30;10,00;Rossi",
        "1;2026-03-02;2026-05-31;20,00;Rossi",
        "1;2026-03-02;2026-05-31;5,00;Rossi",
        "1;2026-03-02;2026-05-31;7,00;Bianchi",
    )
    assert [(d.debtor.name, d.total.minor, due(d)) for d in found.documents] == [
        ("Rossi", 3500, [("2026-04-30", 1000), ("2026-05-31", 2500)]),
        ("Bianchi", 700, [("2026-05-31", 700)]),
    ]


def test_rows_that_stand_apart_are_brought_together() -> None:
    found = table(
        "1;2026-03-02;2026-04-30;10,00;Rossi",
        "2;2026-03-02;2026-04-30;20,00;Rossi",
        "1;2026-03-02;2026-05-31;30,00;Rossi",
    )
    assert {d.number: due(d) for d in found.documents} == {
        "1": [("2026-04-30", 1000), ("2026-05-31", 3000)],
        "2": [("2026-04-30", 2000)],
    }


def test_too_many_rows_apart_are_told_and_never_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_HELD", 3)
    monkeypatch.setattr(survey, "MOST_SUSPECTS", 3)
    numbers = [*range(6), *range(6)]
    found = table(*(f"{n};2026-03-02;2026-04-{1 + at:02d};10,00;Rossi" for at, n in enumerate(numbers)))
    assert sum(item.amount.minor for d in found.documents for item in d.due_items) == 12 * 1000
    assert found.noted >= {"rows_too_scattered"}


def test_an_invoice_comes_in_whole_or_not_at_all() -> None:
    found = table(
        "1;2026-03-02;2026-04-30;10,00;Rossi",
        "1;2026-03-02;2026-05-31;x;Rossi",
        "2;2026-03-02;2026-05-31;x;Rossi",
        "2;2026-03-02;2026-06-30;20,00;Rossi",
        "3;2026-03-02;2026-06-30;30,00;Rossi",
    )
    assert [document.number for document in found.documents] == ["3"]
    assert sorted(found.refused) == [
        ("amount_unreadable", "line 3, column Importo"),
        ("amount_unreadable", "line 4, column Importo"),
        ("document_incomplete", "line 2"),
        ("document_incomplete", "line 5"),
    ]


def test_the_same_line_twice_is_asked_about() -> None:
    row = "1;2026-03-02;2026-04-30;10,00;Rossi"
    assert table(row, row).refused == [("row_repeated", "line 3"), ("document_incomplete", "line 2")]
    apart = table(row, "2;2026-03-02;2026-04-30;10,00;Rossi", row)
    assert apart.refused == [("row_repeated", "line 4"), ("document_incomplete", "line 2")]


def test_rows_of_one_document_must_agree() -> None:
    found = table("1;2026-03-02;2026-04-30;10,00;Rossi", "1;2026-03-03;2026-05-31;10,00;Rossi")
    assert found.refused == [("rows_disagree", "line 3")]
    years = table("1;2025-03-02;2025-04-30;10,00;Rossi", "1;2026-03-02;2026-05-31;20,00;Rossi")
    assert [(d.issued_on.year, d.total.minor) for d in years.documents] == [(2025, 1000), (2026, 2000)]


def test_a_number_that_is_no_number_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_ROWS_OF_ONE", 5)
    found = table(*(f"FT;2026-03-02;;{n},00;Rossi" for n in range(20)))
    assert found.refused == [("rows_too_many", "line 2")]


def test_signs_and_kinds() -> None:
    headers = "Numero;Data;Scadenza;Importo;Cliente;Tipo documento"
    found = table(
        "1;2026-03-02;2026-04-30;10,00;Rossi;Fattura",
        "2;2026-03-02;2026-04-30;10,00;Rossi;Nota di credito",
        "3;2026-03-02;2026-04-30;-10,00;Rossi;NC",
        "4;2026-03-02;2026-04-30;-10,00;Rossi;FT",
        "5;2026-03-02;2026-04-30;(10,00);Rossi;",
        "6;2026-03-02;2026-04-30;10,00;Rossi;Nota di debito",
        headers=headers,
    )
    assert [(d.kind, d.total.minor, "negative_amount" in warned(d)) for d in found.documents] == [
        ("invoice", 1000, False),
        ("credit_note", 1000, False),
        ("credit_note", 1000, False),
        ("credit_note", 1000, True),
        ("credit_note", 1000, True),
        ("invoice", 1000, False),
    ]
    assert all(item.amount.minor > 0 for d in found.documents for item in d.due_items)
    mixed = table("1;2026-03-02;2026-04-30;10,00;Rossi", "1;2026-03-02;2026-05-31;-2,00;Rossi")
    assert mixed.refused == [("mixed_signs", "line 2")]
    unknown = table("1;2026-03-02;2026-04-30;10,00;Rossi;Proforma", headers=headers)
    assert unknown.refused == [("kind_unknown", "line 2, column Tipo documento")]


def test_an_instalment_beside_the_documents_total() -> None:
    found = table(
        "1;2026-03-02;2026-04-30;100,00;60,00;Rossi",
        "1;2026-03-02;2026-05-31;100,00;40,00;Rossi",
        "2;2026-03-02;2026-05-31;100,00;40,00;Rossi",
        headers="Numero;Data;Scadenza;Totale documento;Importo rata;Cliente",
    )
    assert [(d.total.minor, due(d), "total_mismatch" in warned(d)) for d in found.documents] == [
        (10000, [("2026-04-30", 6000), ("2026-05-31", 4000)], False),
        (10000, [("2026-05-31", 4000)], True),
    ]


def test_what_the_file_leaves_out_is_assumed_and_said() -> None:
    document = table("1;2026-03-02;;10,00;Rossi", default_terms_days=60).one
    assert due(document) == [("2026-05-01", 1000)]
    assert document.currency == "EUR"
    assert warned(document) == {"due_date_assumed", "currency_assumed"}
    assert table("1;2026-03-02;;10,00;Rossi", default_currency="CHF").one.currency == "CHF"


@pytest.mark.parametrize(
    ("headers", "row", "currency"),
    [
        ("Numero;Data;Importo;Cliente;Valuta", "1;2026-03-02;10;Rossi;usd", "USD"),
        ("Numero;Data;Importo (CHF);Cliente", "1;2026-03-02;10;Rossi", "CHF"),
        ("Numero;Data;Importo €;Cliente", "1;2026-03-02;10;Rossi", "EUR"),
        ("Numero;Data;Importo;Cliente", "1;2026-03-02;€ 10,00;Rossi", "EUR"),
        ("Numero;Data;Importo;Cliente", "1;2026-03-02;10,00 GBP;Rossi", "GBP"),
    ],
)
def test_a_currency_stated_anywhere_is_not_assumed(headers: str, row: str, currency: str) -> None:
    document = table(row, headers=headers).one
    assert document.currency == document.total.currency == currency
    assert "currency_assumed" not in warned(document)


def test_unknown_currencies_are_refused() -> None:
    headers = "Numero;Data;Importo;Cliente;Valuta"
    assert table("1;2026-03-02;10;Rossi;XQQ", headers=headers).refused == [
        ("currency_unknown", "line 2, column Valuta")
    ]
    assert table("1;2026-03-02;10 USD;Rossi;EUR", headers=headers).refused == [
        ("currency_conflict", "line 2, column Importo")
    ]


def test_nothing_due_is_said() -> None:
    document = table("1;2026-03-02;2026-04-30;0,00;Rossi").one
    assert (document.total.minor, document.due_items) == (0, ())
    assert "nothing_due" in warned(document)


def test_dates_that_look_wrong_are_remarked() -> None:
    headers = "Numero;Data;Scadenza;Importo;Cliente;Data incasso;Contestata"
    document = table("1;2026-03-02;2026-02-28;10;Rossi;2026-01-01;sì", headers=headers).one
    assert warned(document) >= {"due_before_issue", "settled_before_issue"}
    assert document.disputed
    assert document.settled_on == date(2026, 1, 1)
    assert table("1;2026-03-02;2026-02-28;10;Rossi;;forse", headers=headers).refused == [
        ("disputed_unreadable", "line 2, column Contestata")
    ]


def test_a_document_is_settled_when_all_of_it_is() -> None:
    headers = "Numero;Data;Scadenza;Importo;Cliente;Data incasso"
    half = table("1;2026-03-02;2026-04-30;10;Rossi;2026-04-29", "1;2026-03-02;2026-05-31;10;Rossi;", headers=headers)
    assert half.one.settled_on is None
    assert [item.settled_on for item in half.one.due_items] == [date(2026, 4, 29), None]
    whole = table(
        "1;2026-03-02;2026-04-30;10;Rossi;2026-04-29", "1;2026-03-02;2026-05-31;10;Rossi;2026-06-01", headers=headers
    )
    assert whole.one.settled_on == date(2026, 6, 1)


def test_names_in_two_columns_and_no_name_at_all() -> None:
    both = table("1;2026-03-02;10;Mario;Rossi", headers="Numero;Data;Importo;Nome;Cognome")
    assert both.one.debtor.name == "Mario Rossi"
    alone = table("1;2026-03-02;10;Mario Rossi", headers="Numero;Data;Importo;Nome")
    assert alone.one.debtor.name == "Mario Rossi"
    code = table(
        "1;2026-03-02;10;C7;", "2;2026-03-02;10;;", headers="Numero;Data;Importo;Codice cliente;Ragione sociale"
    )
    assert code.one.debtor.name == "C7"
    assert "debtor_name_missing" in warned(code.one)
    assert code.refused == [("debtor_missing", "line 3, column Ragione sociale")]


def test_numbers_in_the_wrong_identifier_column_are_understood() -> None:
    found = table("1;2026-03-02;10;Mario Rossi;RCCMNL83S18D969H", headers="Numero;Data;Importo;Nome;P.IVA/C.F.")
    assert (found.one.debtor.vat_number, found.one.debtor.tax_code) == (None, "RCCMNL83S18D969H")
    assert found.one.debtor.kind == "consumer"


def test_doubtful_identifiers_are_warned_of_and_kept() -> None:
    headers = "Numero;Data;Importo;Cliente;P.IVA;Codice fiscale;E-mail;Telefono"
    document = table("1;2026-03-02;10;Rossi;07973780014;RCCMNL83S18D969X;x;y", headers=headers).one
    assert warned(document) >= {"vat_number_check", "tax_code_check", "email_unreadable", "phone_unreadable"}
    assert document.debtor.vat_number == "07973780014"
    where = {warning.code: str(warning.where) for warning in document.warnings}
    assert where["vat_number_check"] == "line 2, column P.IVA"


def test_formulas_are_only_text() -> None:
    found = table("=1+1;2026-03-02;;10,00;=cmd|' /C calc'!A0", '="0012";2026-03-02;;10,00;Rossi')
    assert [d.number for d in found.documents] == ["=1+1", "0012"]
    assert found.documents[0].debtor.name == "=cmd|' /C calc'!A0"


def test_minor_columns_named_twice_are_left_unused_and_told() -> None:
    found = table("1;2026-03-02;10;Rossi;a@b.example;c@d.example", headers="Numero;Data;Importo;Cliente;Email;E-mail")
    assert found.one.debtor.email is None
    assert "column_unclear" in found.noted


def test_the_json_of_a_document_is_the_one_of_the_issue() -> None:
    document = table("1;2026-03-02;2026-04-30;10,00;Rossi").one
    assert document.as_json() == {
        "number": "1",
        "kind": "invoice",
        "issued_on": "2026-03-02",
        "currency": "EUR",
        "total_minor": 1000,
        "due_items": [{"due_on": "2026-04-30", "amount_minor": 1000, "iban": None}],
        "debtor": {"name": "Rossi", "vat_number": None, "tax_code": None, "country": None, "email": None},
        "warnings": [
            {
                "code": "currency_assumed",
                "where": "line 2",
                "message": "The file names no currency; EUR was assumed.",
            }
        ],
    }
    translated = document.as_json(lambda sentence: f"[{sentence}]")
    assert translated["warnings"][0]["where"] == "[line 2]"
