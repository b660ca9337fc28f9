"""Taking files in from the command line: progress on a terminal, a summary at the end, refusals with their place."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select

from portal.commands.line import Context, creditor_scope
from portal.core import db, scope
from portal.core.text import Text
from portal.imports import actions
from portal.imports.models import ImportRow
from portal.imports.options import ReadOptions
from portal.imports.reading import read_files
from portal.imports.report import write_json

SHOWN_ROWS = 50


def import_invoices(context: Context, files: Sequence[Path], options: ReadOptions, slug: str, as_json: bool) -> int:
    """Takes `files` in for the creditor called `slug`; the exit code: 0 nothing refused, 1 something was."""
    with creditor_scope(context, slug) as creditor:
        creditor_id = creditor.id
        options = replace(options, default_currency=creditor.currency, default_terms_days=creditor.default_terms_days)
        batch = actions.begin(options, [str(path) for path in files])
    paths = [(str(path), path) for path in files]
    try:
        counts = actions.run(creditor_id, batch, options, paths, progress=_bar)
    except BaseException as error:
        with db.transaction():
            scope.enter(creditor_id)
            actions.mark_failed(batch, type(error).__name__)
        raise
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        write_json(read_files(files, options), sys.stdout)
    else:
        _show(creditor_id, batch, counts)
    return 1 if counts.refused else 0


def _bar(counts: actions.Counts) -> None:
    """How far it has come, on one line of a terminal; nothing where nobody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{counts.read} read, {counts.created} new, {counts.refused} refused", nl=False, err=True)


def _show(creditor_id: int, batch: int, counts: actions.Counts) -> None:
    click.echo(
        f"{counts.created} new, {counts.changed} different, {counts.unchanged} as before, {counts.refused} refused"
    )
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        rows = session.scalars(
            select(ImportRow)
            .where(ImportRow.batch_id == batch, ImportRow.outcome.in_(("refused", "changed")))
            .order_by(ImportRow.id)
            .limit(SHOWN_ROWS)
        )
        for row in rows:
            words = str(Text(row.msgid or "", row.args))
            click.echo(f"  {row.outcome:8} {row.file} {row.where or row.number or ''}: {words}")
