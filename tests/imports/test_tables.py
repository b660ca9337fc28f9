"""The cells of a table: what is understood, what is refused and why, what is assumed and said."""

from datetime import date

import pytest

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


def test_dates_that_look_wrong_are_remarked() -> None:
    headers = "Numero;Data;Scadenza;Importo;Cliente;Data incasso;Contestata"
    document = table("1;2026-03-02;2026-02-28;10;Rossi;2026-01-01;sì", headers=headers).one
    assert warned(document) >= {"due_before_issue", "settled_before_issue"}
    assert document.disputed
    assert document.settled_on == date(2026, 1, 1)
    assert table("1;2026-03-02;2026-02-28;10;Rossi;;forse", headers=headers).refused == [
        ("disputed_unreadable", "line 2, column Contestata")
    ]


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
