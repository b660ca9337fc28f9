"""Which column of a table is which of our fields, as the command line says it of invoices and bank statements."""

import csv
from collections.abc import Iterable, Sequence

import click


def named(given: Iterable[str], fields: Sequence[str]) -> dict[str, str]:
    """`number=Nr,amount="Importo, EUR"` as a mapping. Raises UsageError for what is none of our `fields`."""
    mapping: dict[str, str] = {}
    for pair in (pair for text in given for row in csv.reader([text], skipinitialspace=True) for pair in row):
        ours, equals, theirs = pair.partition("=")
        ours = ours.strip()
        if not equals or ours not in fields:
            raise click.UsageError(f"--columns: {pair!r} is not FIELD=HEADER. The fields are: {' '.join(fields)}")
        if ours in mapping:
            raise click.UsageError(f"--columns: {ours} is named twice")
        mapping[ours] = theirs.strip()
    return mapping
