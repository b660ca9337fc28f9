"""Columns as German, French and Spanish programs name them, read without a mapping."""

import pytest

from portal.imports.tables.headers import meaning
from portal.imports.tables.words import read_kind, read_yes_no

FIELDS = ["number", "issued_on", "due_on", "amount", "debtor_name", "debtor_code", "vat_number", "email", "kind"]


@pytest.mark.parametrize(
    "row",
    [
        "Rechnungs-Nr.;Rechnungsdatum;Fällig am;Bruttobetrag (EUR);Kunde;Kundennummer;USt-IdNr.;E-Mail-Adresse;Belegart",
        "N° facture;Date d’émission;Échéance;Montant TTC;Raison sociale;Code client;N° TVA;Courriel;Type de facture",
        "Nº de factura;Fecha de emisión;Vencimiento;Importe total;Razón social;Código cliente;NIF-IVA;Correo;Tipo factura",
    ],
    ids=["de", "fr", "es"],
)  # fmt: skip
def test_each_column_is_known(row: str) -> None:
    found = [meaning(header) for header in row.split(";")]
    assert [one and one[0] for one in found] == FIELDS


@pytest.mark.parametrize(
    ("written", "kind"),
    [("Rechnung", "invoice"), ("Facture", "invoice"), ("Factura", "invoice"), ("Gutschrift", "credit_note"),
     ("Avoir", "credit_note"), ("Factura rectificativa", "credit_note")],
)  # fmt: skip
def test_kinds_of_document_abroad(written: str, kind: str) -> None:
    assert read_kind(written) == kind


def test_yes_and_no_abroad() -> None:
    assert [read_yes_no(word) for word in ("Ja", "Oui", "Sí")] == [True] * 3
    assert [read_yes_no(word) for word in ("Nein", "Non", "No")] == [False] * 3
