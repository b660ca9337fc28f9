"""`portal evidence export|verify`: what proves an agreement, taken out, and checked later on any machine."""

import json
from pathlib import Path
from typing import Any

import click

from portal.commands.line import Context
from portal.core import clock, ids, installation
from portal.creditors import rounds
from portal.documents.seals import Found
from portal.plans import queries
from portal.trail import heads, pack_files, packs
from portal.trail.heads import Exported
from portal.trail.pack_files import Report
from portal.trail.packs import NoPack, Pack

INSIDE = "the held end lies in the same folder: one that proves something was kept elsewhere"


@click.group("evidence")
def group() -> None:
    """What proves that a plan was agreed on."""


@group.command()
@click.argument("plan")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A new folder to write to."
)
@click.option(
    "--head",
    "held",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Go no further than this exported end of the chain; default: to where it ends now.",
)
@click.pass_obj
def export(context: Context, plan: str, out: Path, held: Path | None) -> None:
    """Writes the papers of PLAN (its number, as it stands on them) and the chain from its acceptance on.

    The chain names nobody, but it has numbers, days and amounts of other customers' documents too: with --head it
    has no more of them than that end asks for. Give the folder to who has to check it, and to nobody else.
    """
    try:
        plan_id = ids.read(plan)
    except ValueError as error:
        raise click.UsageError(f"{plan} is not the number of a plan") from error
    context.app()
    try:
        made = _export(plan_id, out, _read(held))
    except NoPack as error:
        raise click.ClickException(str(error)) from error
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{out} cannot be written: {error}") from error
    click.echo(f"{out}: records {made.accepted} to {made.last}, the papers are in record {made.kept}")


def _read(held: Path | None) -> Exported | None:
    try:
        return heads.read(held.read_bytes(), installation.keys()) if held is not None else None
    except ValueError as error:
        raise click.UsageError(f"{held}: {error}") from error


def _export(plan_id: int, out: Path, held: Exported | None) -> Pack:
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            found = queries.plan(plan_id)
            if found is not None:
                return packs.write(found, out, held)
    raise NoPack("there is no such plan")


@group.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--head",
    "held",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An end of the chain that the creditor kept elsewhere: from `portal audit export`, or a daily file.",
)
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates (PEM) that you trust for the seal and its time: you had them from elsewhere.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def verify(folder: Path, held: Path | None, trust: Path | None, as_json: bool) -> None:
    """Checks the files in FOLDER with nothing but themselves, and against what was held elsewhere.

    Needs no database and no keys. Ends with 1 when a file does not hold, or what is given does not prove it.
    """
    end, anchors = _outside(folder, held), _outside(folder, trust)
    try:
        report = pack_files.verify(folder, end, anchors)
    except ValueError as error:
        raise click.UsageError(f"{trust}: {error}") from error
    if (held is None, trust is None) != (end is None, anchors is None):
        report.why_not_proven = INSIDE
    if as_json:
        click.echo(json.dumps(_as_json(report), indent=1))
    else:
        _say(report)
    end_proves_not = end is not None and report.proven_by is None
    seal_proves_not = anchors is not None and not (report.seal is not None and report.seal.proves)
    if report.bad or end_proves_not or seal_proves_not:
        raise SystemExit(1)


def _outside(folder: Path, given: Path | None) -> bytes | None:
    """What was given for proof; one that lies in the folder itself proves nothing, and is none."""
    if given is None or given.resolve().is_relative_to(folder.resolve()):
        return None
    return given.read_bytes()


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "ok": not report.bad,
        "verdict": report.verdict,
        "proven": report.is_proven,
        "plan": report.plan,
        "records": report.records,
        "why_not_proven": None if report.is_proven else report.why_not_proven,
        "seal": _seal_as_json(report.seal) if report.seal is not None else None,
        "bad": [{"file": name, "why": why} for name, why in report.bad],
    }


def _seal_as_json(seal: Found) -> dict[str, Any]:
    return {
        "proves": seal.proves,
        "by": seal.by,
        "at": clock.iso(seal.at) if seal.at is not None else None,
        "at_by": seal.at_by,
        "why_not": seal.wrong or seal.why_not,
    }


def _say(report: Report) -> None:
    for name, why in report.bad:
        click.echo(f"{name}: {why}", err=True)
    if report.bad:
        return
    if report.proven_by is not None:
        click.echo(f"proven: plan {report.plan}, by the held end at record {report.proven_by}")
    if report.seal is not None and report.seal.proves:
        click.echo(f"proven: the papers of plan {report.plan}, {_sealed_by(report.seal)}")
    if report.is_proven:
        return
    why_not = report.why_not_proven or "give an end of the chain that was kept elsewhere with --head"
    if report.seal is not None and report.seal.why_not is not None:
        why_not += f"; {report.seal.why_not}"
    click.echo(f"{report.verdict}: plan {report.plan}; {why_not}")


def _sealed_by(seal: Found) -> str:
    time = f"{clock.iso(seal.at)} ({seal.at_by})" if seal.at is not None else None
    if seal.by is None:
        return f"by the timestamp of {time}"
    return f"by the seal of {seal.by}" + (f" of {time}" if time is not None else "")
