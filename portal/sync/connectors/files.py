"""Files: the changed invoices in one file, a line for each due item, as the results to take away have them."""

import io
from collections.abc import Sequence

import xlsxwriter

from portal.core import spreadsheets
from portal.core.text import Text, t


class Csv:
    """UTF-8 with a byte order mark, semicolons: as portal.sync.results."""

    code = "csv"
    label: Text = t("CSV files in a folder")
    suffix = "csv"
    media_type = "text/csv"

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        return spreadsheets.file(rows)


class Xlsx:
    """Everything is text, so that no code loses its noughts."""

    code = "xlsx"
    label: Text = t("Excel files in a folder")
    suffix = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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


class MailedCsv(Csv):
    code = "mailed_csv"
    label = t("CSV files by mail")


class MailedXlsx(Xlsx):
    code = "mailed_xlsx"
    label = t("Excel files by mail")


CSV, XLSX, MAILED_CSV, MAILED_XLSX = Csv(), Xlsx(), MailedCsv(), MailedXlsx()
