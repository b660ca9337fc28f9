"""Believable values for bringing invoices in: upload, what was understood, the report."""

from tests.look.samples_debtor import NB, Page, rows
from tests.look.samples_staff import customers, figures, frame


def upload() -> list[Page]:
    page = {
        "upload_url": "#",
        "largest": f"20{NB}MB",
        "date_format": "",
        "decimal": "",
        "encoding": "",
        "columns": "",
        "example_urls": [("CSV", "#"), ("XLSX", "#"), ("FatturaPA", "#")],
        "past": rows(
            "when href who files state kind",
            "1 marzo 2027, 18:20 | # | Giulia Ferri | marzo.csv | 146 salvati, 2 rifiutati | good",
        ),
    }
    wrong = [("files", "Scelga almeno un file.")]
    again = page | {"decimal": ",", "errors": wrong, "error_of": dict(wrong)}
    template = "imports/staff_upload.html"
    return [
        ("staff-upload", template, frame("Carica fatture", "Carica fatture", **page)),
        ("staff-upload-wrong", template, frame("Carica fatture", "Carica fatture", **again)),
    ]


def imports() -> list[Page]:
    unclear = "1.234 può voler dire due cose: scelga il segno decimale."
    xml = "fatture.zip!IT01234567890_00012.xml"
    numbers = figures("Nuovi | 143 |\n Cambiati | 3 |\n Uguali a prima | 21 |\n Rifiutati | 2 | da correggere")
    preview = {
        "figures": numbers,
        "files": rows(
            "name format read_as",
            f"marzo.csv | CSV | UTF-8, giorno mese anno, virgola\n{xml} | FatturaPA | 12 documenti",
        ),
        "changes": rows(
            "document debtor what before after",
            f"Fattura 121 | Panificio Lodi | Importo | 640,00{NB}€ | 642,00{NB}€",
        ),
        "documents": [
            row | {"issued": "1 marzo 2027", "due": row["on"], "total": row["amount"], "state": "nuovo"}
            for row in customers(kind="good")
        ],
        "warnings": rows(
            "where code sentence",
            f"{xml} | due_date_assumed | Il documento non dice la scadenza: abbiamo messo 30 giorni.",
        ),
        "refusals": rows(
            "where code sentence",
            f"""
            marzo.csv, riga 12, colonna Importo | amount_ambiguous | {unclear}
            marzo.csv, riga 77, colonna Scadenza | date_ambiguous | 03/04/2027: dica se viene prima il giorno.
            """,
        ),
        "confirm_url": "#",
        "confirm_label": "Salva 146 documenti",
        "again_url": "#",
    }
    report = {
        "running": False,
        "done": 146,
        "total": 146,
        "progress_text": "",
        "heading": "Salvati 146 documenti",
        "intro": "2 rifiutati. Caricati da Giulia Ferri il 1 marzo 2027 alle 18:20.",
        "figures": numbers,
        "rows": rows(
            "where document href result kind sentence",
            f"""
            riga 2 | Fattura 128 | # | nuovo | good |
            riga 3 | Fattura 121 | # | cambiato | wait | Importo: da 640,00 a 642,00
            riga 12 | Fattura 133 | | rifiutato | problem | {unclear}
            """,
        ),
        "csv_url": "#",
        "here_url": "#",
        "due_url": "#",
        "upload_url": "#",
    }
    running = {"running": True, "done": 90, "progress_text": "90 di 146 documenti. Ancora pochi secondi."}
    template = "imports/staff_report.html"
    return [
        ("staff-preview", "imports/staff_preview.html", frame("Anteprima", "Carica fatture", **preview)),
        ("staff-saving", template, frame("Sto salvando", "Carica fatture", **report | running)),
        ("staff-report", template, frame("Resoconto", "Carica fatture", **report)),
    ]


def all_pages() -> list[Page]:
    return [*upload(), *imports()]
