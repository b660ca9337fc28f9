"""Rows become documents: together, apart, repeated, contradictory, with signs; whole or not at all."""

from datetime import date

import pytest

from portal.imports.tables import merging, survey
from tests.imports.files import due, table, warned


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


def test_nothing_due_is_said() -> None:
    document = table("1;2026-03-02;2026-04-30;0,00;Rossi").one
    assert (document.total.minor, document.due_items) == (0, ())
    assert "nothing_due" in warned(document)


def test_a_document_is_settled_when_all_of_it_is() -> None:
    headers = "Numero;Data;Scadenza;Importo;Cliente;Data incasso"
    half = table("1;2026-03-02;2026-04-30;10;Rossi;2026-04-29", "1;2026-03-02;2026-05-31;10;Rossi;", headers=headers)
    assert half.one.settled_on is None
    assert [item.settled_on for item in half.one.due_items] == [date(2026, 4, 29), None]
    whole = table(
        "1;2026-03-02;2026-04-30;10;Rossi;2026-04-29", "1;2026-03-02;2026-05-31;10;Rossi;2026-06-01", headers=headers
    )
    assert whole.one.settled_on == date(2026, 6, 1)


def test_lines_without_number_and_customer_belong_to_the_document_above() -> None:
    """Exports that print the number only once, and merged cells."""
    found = table(
        "1;2026-03-02;2026-04-30;10,00;Rossi",
        ";;2026-05-31;20,00;",
        "2;2026-03-02;2026-04-30;10,00;Rossi",
        ";2026-03-02;2026-04-30;10,00;Verdi",
    )
    assert [document.number for document in found.documents] == ["2"]
    assert ("document_incomplete", "line 2") in found.refused
    assert ("number_missing", "line 3, column Numero") in found.refused
    assert ("number_missing", "line 5, column Numero") in found.refused


def test_a_row_of_the_wrong_shape_takes_its_document_with_it() -> None:
    wide = "1;2026-03-02;2026-04-30;1;234,56;Rossi"
    row = "1;2026-03-02;2026-05-31;10,00;Rossi"
    other = "2;2026-03-02;2026-05-31;10,00;Rossi"
    for rows, incomplete in (([row, wide, other], "line 2"), ([wide, row, other], "line 3")):
        found = table(*rows)
        assert [document.number for document in found.documents] == ["2"]
        assert ("document_incomplete", incomplete) in found.refused


def test_a_lone_amount_is_a_total_only_when_it_is_the_sum() -> None:
    rows = ["1;2026-03-02;2026-04-30;10,00;Rossi", "2;2026-03-02;2026-04-30;20,00;Rossi"]
    assert table(*rows, ";;;30,00;").refusals == []
    assert "lines_skipped" in table(*rows, ";;;30,00;").noted
    lone = table(*rows, ";;;7,00;")
    assert ("number_missing", "line 4, column Numero") in lone.refused
    assert [document.number for document in lone.documents] == ["1"]
