"""Imports as the creditor's pages show them: figures, files, documents, differences, rows of the report."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.core.text import Text, t
from portal.imports import forms, sentences, taking_in
from portal.imports.documents import Document
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.options import Layout
from portal.imports.preview import FileSeen, Placed, Preview, sums_of
from portal.imports.states import BatchStatus
from portal.imports.taking_in import Outcome
from portal.web import i18n

OUTCOMES: Mapping[str, tuple[Text, str]] = {
    "created": (t("new"), "good"),
    "changed": (t("changed"), "wait"),
    "refused": (t("refused"), "problem"),
    "warning": (t("with a remark"), "wait"),
}
_COMPARED: Mapping[str, tuple[Text, str]] = {
    taking_in.CREATED: (t("new"), "good"),
    taking_in.CHANGED: (t("changed"), "wait"),
    taking_in.UNCHANGED: (t("the same"), "plain"),
}
_STATUS_KIND = {
    BatchStatus.UPLOADED: "wait",
    BatchStatus.RUNNING: "wait",
    BatchStatus.DONE: "good",
    BatchStatus.FAILED: "problem",
    BatchStatus.DISCARDED: "plain",
}
_DELIMITERS = {";": t("semicolon"), ",": t("comma"), "\t": t("tab"), "|": t("vertical bar")}
_MOST_IGNORED = 50
_FORMATS = {"csv": "CSV", "xlsx": "Excel", "fatturapa": "FatturaPA", "fatturapa-p7m": "FatturaPA, P7M", "ubl": "UBL",
            "cii": "CII", "facturx": "Factur-X"}  # fmt: skip


def figure(label: Text, value: int | str, href: str, note: str = "") -> dict[str, Any]:
    return {"label": i18n.say(label), "value": value, "note": note, "href": href}


def preview_figures(seen: Preview) -> list[dict[str, Any]]:
    """What was understood, in numbers; each leads to its rows on the page."""
    debtors = len(seen.debtors)
    customers = i18n.ngettext("%(count)s new customer", "%(count)s new customers", debtors) % {"count": debtors}
    tiles = [figure(t("New"), seen.created, "#documents", customers if debtors else "")]
    if seen.changed:
        tiles.append(figure(t("Changed"), seen.changed, "#changed"))
    if seen.unchanged:
        tiles.append(figure(t("The same as before"), seen.unchanged, "#documents"))
    if seen.refused:
        how = t("choose how to read them") if seen.waits_for_a_choice else t("to be mended in the file")
        tiles.append(figure(t("Refused"), seen.refused, "#refused", i18n.say(how)))
    if seen.warned:
        tiles.append(figure(t("With a remark"), seen.warned, "#warned"))
    for invoices, credit_notes, due in sums_of(seen):
        notes = [i18n.say(t("%(due)s due", due=i18n.money(due)))] if due != invoices else []
        if credit_notes:
            notes.append(i18n.say(t("%(amount)s of credit notes", amount=i18n.money(credit_notes))))
        tiles.append(figure(t("Invoices"), i18n.money(invoices), "#documents", ", ".join(notes)))
    if seen.earliest and seen.latest:
        until = i18n.say(t("until %(day)s", day=i18n.short_day(seen.latest))) if seen.latest != seen.earliest else ""
        tiles.append(figure(t("Due from"), i18n.short_day(seen.earliest), "#documents", until))
    return tiles


def confirm_label(seen: Preview) -> str:
    """What the main button does, in numbers; empty when there is nothing to save."""
    if not seen.saves_something:
        return ""
    if seen.cut:
        return i18n.gettext("Save all documents")
    count = seen.created or seen.applied
    if seen.created:
        return i18n.ngettext("Save %(count)s document", "Save %(count)s documents", count) % {"count": count}
    return i18n.ngettext("Take over %(count)s change", "Take over %(count)s changes", count) % {"count": count}


def seen_file(one: FileSeen) -> dict[str, Any]:
    counts = [i18n.ngettext("%(count)s document", "%(count)s documents", one.documents) % {"count": one.documents}]
    if one.refused:
        counts.append(i18n.say(t("%(count)s refused", count=one.refused)))
    return {
        "name": one.name,
        "format": _FORMATS.get(one.format or "", one.format or i18n.gettext("unknown format")),
        "counts": ", ".join(counts),
        "facts": _facts(one.findings.layout, one.codes) if one.findings.layout is not None else [],
        "notes": [sentences.say(note.code, note.message) for note in one.findings.notes],
    }


def _facts(layout: Layout, codes: set[str]) -> list[tuple[str, list[str]]]:
    """What a table was read as: (what, how), in one piece or column by column."""
    found: list[tuple[Text, str | list[str]]] = []
    if layout.sheet:
        found.append((t("Sheet"), layout.sheet))
    if layout.delimiter:
        said = _DELIMITERS.get(layout.delimiter)
        found.append((t("Columns parted by"), i18n.say(said) if said else layout.delimiter))
    if layout.encoding:
        found.append((t("Letters"), _encoding(layout.encoding)))
    found.append((t("Headers in line"), str(layout.header_line)))
    orders = dict.fromkeys(i18n.say(forms.DATE_ORDERS[order]) for order in layout.date_orders.values())
    unsettled = t("some have two meanings")
    dates = unsettled if "date_ambiguous" in codes else t("each has one meaning only")
    found.append((t("Dates"), "; ".join(orders) or i18n.say(dates)))
    amounts = unsettled if "amount_ambiguous" in codes else t("each amount has one meaning only")
    found.append((t("Decimal sign"), i18n.say(forms.DECIMAL_MARKS[layout.decimal] if layout.decimal else amounts)))
    labels = sentences.FIELD_LABELS
    columns = [f"{header} → {i18n.say(labels.get(name, Text(name)))}" for name, header in layout.columns.items()]
    found.append((t("Columns understood"), columns))
    if layout.ignored:
        found.append((t("Columns not used"), [header[:100] for header in layout.ignored[:_MOST_IGNORED]]))
    return [(i18n.say(label), [said] if isinstance(said, str) else said) for label, said in found]


def _encoding(name: str) -> str:
    said = forms.ENCODINGS.get(name.lower())
    return i18n.say(said) if said is not None else name


def document_title(document: Document) -> str:
    invoice = document.kind == "invoice"
    return i18n.say(Text(_TITLES[invoice].msgid, {"number": document.number}))


_TITLES = {True: t("Invoice %(number)s"), False: t("Credit note %(number)s")}


def compared(outcome: Outcome) -> dict[str, Any]:
    """One document as it would be saved."""
    document = outcome.document
    days = [item.due_on for item in document.due_items]
    due = i18n.short_day(min(days)) if days else "–"
    state, kind = _COMPARED[outcome.outcome]
    parts = i18n.ngettext("%(count)s due item", "%(count)s due items", len(days)) % {"count": len(days)}
    return {
        "document": document_title(document),
        "debtor": document.debtor.name,
        "code": document.debtor.code or document.debtor.vat_number or document.debtor.tax_code or "",
        "issued": i18n.short_day(document.issued_on),
        "due": due,
        "due_note": i18n.say(t("to %(day)s, %(parts)s", day=i18n.short_day(max(days)), parts=parts))
        if len(days) > 1
        else "",
        "total": i18n.money(document.total),
        "state": i18n.say(state),
        "kind": kind,
    }


def differences(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "document": document_title(outcome.document),
            "debtor": outcome.document.debtor.name,
            "what": i18n.say(one.what),
            "before": sentences.values(one.before),
            "after": sentences.values(one.after),
            "result": i18n.gettext("will be taken over")
            if one.applied
            else i18n.gettext("the books stay as they are"),
            "kind": "good" if one.applied else "wait",
        }
        for outcome in outcomes
        for one in outcome.differences
    ]


def remarks(placed: Iterable[Placed], *, several: bool) -> list[dict[str, str]]:
    """Refusals or warnings with their place; the file is named where there are several."""
    return [
        {
            "where": _where(one.file, sentences.place(one.remark.where), several=several),
            "more": i18n.say(t("and %(count)s more", count=one.more)) if one.more else "",
            "sentence": sentences.say(one.remark.code, one.remark.message),
            "code": one.remark.code,
        }
        for one in placed
    ]


def _where(file: str, place: str, *, several: bool) -> str:
    return ", ".join(filter(None, (file, place))) if several or not place else place


def names_of(batch: ImportBatch) -> str:
    """`marzo.csv`, or `marzo.csv and 3 more`."""
    names = [str(one.get("name", "?")) for one in batch.files]
    if len(names) == 1:
        return names[0]
    return i18n.say(t("%(name)s and %(count)s more", name=names[0], count=len(names) - 1)) if names else "–"


def past_row(batch: ImportBatch, who: str | None, zone: str, href: str) -> dict[str, Any]:
    return {
        "when": i18n.moment(batch.started_at, zone),
        "href": href,
        "who": who or i18n.gettext("the command line"),
        "files": names_of(batch),
        "result": _result(batch),
        "state": i18n.say(batch.status.label),
        "kind": _STATUS_KIND[batch.status],
    }


def _result(batch: ImportBatch) -> str:
    """`146 new, 2 refused`; nothing while nothing was read."""
    said = [
        i18n.say(Text(text.msgid, {"count": count}))
        for count, text in (
            (batch.created, t("%(count)s new")),
            (batch.changed, t("%(count)s changed")),
            (batch.unchanged, t("%(count)s the same")),
            (batch.refused, t("%(count)s refused")),
        )
        if count
    ]
    return ", ".join(said)


def report_row(row: ImportRow, *, several: bool, href: str | None) -> dict[str, Any]:
    result, kind = OUTCOMES[row.outcome]
    if row.outcome == "changed":
        result, kind = (t("taken over"), "good") if row.code == "applied" else (t("differs"), "wait")
    return {
        "where": _where(row.file, sentences.place(row.where), several=several),
        "document": row.number or "",
        "href": href,
        "result": i18n.say(result),
        "kind": kind,
        "sentence": sentences.of_row(row),
    }
