"""How files are to be read, as the form offers it: before the upload, and in the preview to have them read anew."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, Protocol

from portal.core.text import Text, t
from portal.imports import forms, headings, sentences
from portal.imports.options import Layout
from portal.imports.tables.headers import FIELDS
from portal.web import i18n

_ENCODINGS_IN_DOUBT = frozenset({"encoding_assumed", "encoding_unknown", "encoding_wrong"})


class Seen(Protocol):
    """What a preview understood of the files: the codes of all that is said, the headers that can be chosen from."""

    codes: set[str]
    headers: tuple[str, ...]
    several_layouts: bool


def offered(
    seen: Seen,
    layout: Layout | None,
    typed: Mapping[str, str],
    *,
    opens: Set[str],
    labels: Mapping[str, Text] | None = None,
) -> dict[str, Any]:
    """The form that has tables read otherwise (templates/imports/staff_again.html). It stands open where something
    was chosen already or one of the codes that it `opens` for was said; `labels` as in `column_choices`."""
    found = dict(layout.columns) if layout is not None else {}
    headers = () if seen.several_layouts else seen.headers
    asked = any(value for name, value in typed.items() if name != "currency")
    return {
        "how": reading_options(typed),
        "columns": column_choices(headers, typed, found, labels) if headers else [],
        "several_layouts": seen.several_layouts,
        "unknown_columns": bool(seen.codes & headings.ABOUT_COLUMNS),
        "open_columns": any(name.startswith(forms.column_field("")) and value for name, value in typed.items()),
        "dates_unclear": "date_ambiguous" in seen.codes,
        "amounts_unclear": "amount_ambiguous" in seen.codes,
        "encoding_unclear": bool(seen.codes & _ENCODINGS_IN_DOUBT),
        "is_open": asked or bool(seen.codes & opens),
    }


def column_choices(
    headers: Sequence[str],
    typed: Mapping[str, str],
    found: Mapping[str, str],
    labels: Mapping[str, Text] | None = None,
) -> list[dict[str, Any]]:
    """One choice for each of our fields; `found` are the headers that were understood by their names, `labels` the
    fields with their names where they are not those of invoices."""
    labels = labels or {name: sentences.FIELD_LABELS[name] for name in FIELDS}
    named = [(f"{forms.NAMED}{header}", header) for header in headers]
    choices = []
    for name, said in labels.items():
        value = typed.get(forms.column_field(name), "")
        by_name = found.get(name) if not value else None
        auto = t("by its name: %(header)s", header=by_name) if by_name else t("not found by its name")
        options = [(forms.AUTO, i18n.say(auto)), (forms.NONE, i18n.gettext("leave it out")), *named]
        if value not in {option for option, _ in options}:
            options.append((value, value.removeprefix(forms.NAMED)))
        choices.append({"id": forms.column_field(name), "label": i18n.say(said), "options": options, "value": value})
    return choices


def reading_options(typed: Mapping[str, str]) -> dict[str, Any]:
    """The selects of how to read, for the form before and after the upload."""

    def said(options: Mapping[str, Text]) -> list[tuple[str, str]]:
        return [(value, i18n.say(text)) for value, text in options.items()]

    return {
        "date_orders": said(forms.DATE_ORDERS),
        "decimal_marks": said(forms.DECIMAL_MARKS),
        "encodings": said(forms.ENCODINGS),
        **{name: typed.get(name, "") for name in ("date_format", "decimal", "encoding", "currency")},
    }
