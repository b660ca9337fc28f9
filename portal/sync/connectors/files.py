"""Files: the changed invoices in one file, a line for each due item, as the results to take away have them."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from portal.core.text import Text, t
from portal.imports.report_csv import safe


class Csv:
    """UTF-8 with a byte order mark, semicolons: as portal.sync.results."""

    code = "csv"
    label: Text = t("CSV files in a folder")
    suffix = "csv"

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


class Xlsx:
    """Everything is text, so that no code loses its noughts."""

    code = "xlsx"
    label: Text = t("Excel files in a folder")
    suffix = "xlsx"

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        content = io.BytesIO()
        with xlsxwriter.Workbook(
            content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write_string(number, place, cell)
        return content.getvalue()


CSV, XLSX = Csv(), Xlsx()
