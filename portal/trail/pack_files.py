"""The files of a plan's evidence, checked with nothing but themselves: no database, no keys, no network.

Papers are what the chain says that they are; each record follows the one before; the last one is the end that the
pack names. All of that a forger could make anew. What proves it is an end of the chain that the creditor kept
elsewhere since (`portal audit export`, or the daily files): a chain that was rewritten has another. A seal or
timestamp behind the PDF proves the papers, to whom trusts its certificate (decision 36).
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from portal.core import events
from portal.documents import seals
from portal.documents.seals import Found
from portal.plans.paper_pdf import facts_named_in

PDF, JSON, CHAIN, HEAD = "agreement.pdf", "evidence.json", "chain.jsonl", "head.json"
FILES = (PDF, JSON, CHAIN, HEAD)
SEALED = "agreement-sealed.pdf"  # where the installation seals its papers
ACCEPTED, KEPT, WAS_SEALED = "plan.accepted", "plan.evidence_kept", "plan.evidence_sealed"
HELD = "the held end"
CONSISTENT = "consistent, not proven"

Record = dict[str, Any]


@dataclass
class Report:
    """What was found: `bad` names each file that does not hold and why; `proven_by` the record of a held end, `seal`
    what stands behind the sealed paper."""

    plan: str | None = None
    records: int = 0
    proven_by: int | None = None
    seal: Found | None = None
    why_not_proven: str | None = None
    bad: list[tuple[str, str]] = field(default_factory=list)

    def wrong(self, name: str, why: str) -> None:
        self.bad.append((name, why))

    def holds(self, *names: str) -> bool:
        """Whether nothing was found in these files."""
        return not any(name in names for name, _ in self.bad)

    @property
    def verdict(self) -> str:
        if self.bad:
            return "does not hold"
        return "proven" if self.is_proven else CONSISTENT

    @property
    def is_proven(self) -> bool:
        by_seal = self.seal is not None and self.seal.proves
        return not self.bad and (self.proven_by is not None or by_seal)


def head_line(creditor: Any, creditor_id: Any, seq: int, ended_by: str, at: str | None) -> bytes:
    """The chain's end as the pack names it: every byte of it follows from the other files."""
    said = {"at": at, "creditor": creditor, "creditor_id": creditor_id, "hash": ended_by, "seq": seq}
    return events.canonical(said) + b"\n"


def verify(folder: Path, held: bytes | None, trust: bytes | None = None) -> Report:
    """Checks the files in `folder`, against an end of the chain that the creditor holds, and the seal against
    certificates (PEM) that whoever checks trusts. Raises ValueError for a `trust` without a certificate."""
    report, contents = Report(), {}
    for name in FILES:
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError:
            report.wrong(name, "is missing, or cannot be read")
    chain = _chain(contents[CHAIN], report) if CHAIN in contents else []
    kept = _papers(contents, chain, report) if chain else None
    facts = _facts(contents[JSON], report) if JSON in contents else None
    if facts is not None and report.holds(JSON, CHAIN):
        _acceptance(facts, chain[0], report)
    if HEAD in contents:
        _end(contents[HEAD], facts if report.holds(JSON) else None, chain, report)
    if held is not None:
        _held(held, facts, chain, kept, report)
    if (folder / SEALED).is_file():
        _seal((folder / SEALED).read_bytes(), contents, chain, trust, report)
    return report


def _facts(content: bytes, report: Report) -> Record | None:
    try:
        found = json.loads(content)
        report.plan = str(found["plan"]["id"])
        return {**found, "chain": dict(found["chain"]), "creditor": dict(found["creditor"]),
                "text_shown": dict(found["text_shown"])}  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        if report.holds(JSON):
            report.wrong(JSON, "cannot be read as the evidence of a plan")
        return None


def _chain(content: bytes, report: Report) -> list[Record]:
    """The records that are sealed by their own hash; each that is not, or does not follow, is named."""
    if not content.endswith(b"\n"):
        report.wrong(CHAIN, "does not end where its last record ends")
    records: list[Record] = []
    for place, line in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        record = _record(line)
        if record is None:
            report.wrong(CHAIN, f"line {place} is not a record as it was written")
        elif records and (record["prev"], record["seq"]) != (records[-1]["hash"], records[-1]["seq"] + 1):
            report.wrong(CHAIN, f"line {place} does not follow the record before it")
        if record is not None:
            records.append(record)
    report.records = len(records)
    return records


def _record(line: bytes) -> Record | None:
    """One line, if each of its bytes is what its hash covers, or that hash."""
    try:
        record = json.loads(line)
        sealed = {name: value for name, value in record.items() if name != "hash"}
        if events.canonical(record) != line or events.digest(sealed) != record["hash"]:
            return None
        if not (type(record["seq"]) is int and isinstance(record["data"], dict)):
            return None
        return {name: record[name] for name in ("seq", "at", "prev", "type", "obj", "data", "hash")}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _papers(contents: dict[str, bytes], chain: list[Record], report: Report) -> Record | None:
    """Both papers against the record of their hashes, which is about the plan that the first record accepts."""
    first = chain[0]
    if first["type"] != ACCEPTED and report.holds(CHAIN):
        report.wrong(CHAIN, "does not begin with the acceptance of a plan")
    kept = next((one for one in chain if one["type"] == KEPT and one["obj"] == first["obj"]), None)
    if kept is None:
        if report.holds(CHAIN):
            report.wrong(CHAIN, "has no record of the papers of this plan")
        return None
    for name, key in ((JSON, "json_sha256"), (PDF, "pdf_sha256")):
        if name in contents and hashlib.sha256(contents[name]).hexdigest() != kept["data"].get(key):
            report.wrong(name, f"is not what it was: record {kept['seq']} of the chain has another hash of it")
    return kept


def _acceptance(facts: Record, first: Record, report: Report) -> None:
    """What the papers say of the acceptance against its record."""
    text, shown, place = facts["text_shown"].get("text"), first["data"].get("terms_sha256"), facts["chain"]
    if first["obj"] != f"plan:{report.plan}":
        report.wrong(JSON, "is about another plan than the chain's first record")
    if (place.get("record"), place.get("head_sha256")) != (first["seq"], first["hash"]):
        report.wrong(JSON, "names another place in the chain than that of the acceptance")
    if text is not None and hashlib.sha256(str(text).encode()).hexdigest() != shown:
        report.wrong(JSON, "shows other words than those that were accepted")


def _end(content: bytes, facts: Record | None, chain: list[Record], report: Report) -> None:
    """The named end is the last record; whose chain it is stands in the papers, if those hold."""
    try:
        said = json.loads(content)
        whose = facts["creditor"] if facts is not None else {"slug": said["creditor"], "id": said["creditor_id"]}
        last = chain[-1] if chain and report.holds(CHAIN) else said
        wanted = head_line(whose.get("slug"), whose.get("id"), last["seq"], last["hash"], last["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        wanted = b""
    if content != wanted:
        report.wrong(HEAD, "is not the end of the chain in this folder")


def _held(content: bytes, facts: Record | None, chain: list[Record], kept: Record | None, report: Report) -> None:
    """An end that the creditor kept: the same record with the same hash, not from before that of the papers."""
    try:
        head = json.loads(content)
        seq, ended_by, whose = head["seq"], head["hash"], head["creditor_id"]
        if type(seq) is not int or not isinstance(ended_by, str):
            raise TypeError  # noqa: TRY301
    except (ValueError, KeyError, TypeError, RecursionError):
        report.wrong(HELD, "cannot be read as the end of a chain")
        return
    if report.bad or facts is None or kept is None:
        return
    last = chain[-1]["seq"]
    if whose != facts["creditor"].get("id"):
        report.wrong(HELD, "is of another creditor's chain")
    elif seq < kept["seq"]:
        report.why_not_proven = f"the held end is record {seq}, from before these papers: take a later one"
    elif seq > last:
        report.why_not_proven = f"the held end is record {seq}, these records end with {last}: export them anew"
    elif chain[seq - chain[0]["seq"]]["hash"] != ended_by:
        report.wrong(CHAIN, f"record {seq} is not the one that the held end names: the chain was made anew")
    else:
        report.proven_by = seq


def _seal(
    content: bytes, contents: dict[str, bytes], chain: list[Record], trust: bytes | None, report: Report
) -> None:
    """The seal stands behind this very paper, and the paper names these very facts."""
    digest = hashlib.sha256(content).hexdigest()
    if any(one["data"].get("sealed_sha256") != digest for one in chain if _is_sealing(one, chain[0])):
        report.wrong(SEALED, "is not what it was: the chain has another hash of it")
    if PDF not in contents or not report.holds(PDF):
        return
    found = seals.looked_at(content, contents[PDF], trust)
    if found.wrong is not None:
        report.wrong(SEALED, found.wrong)
    elif JSON in contents and facts_named_in(contents[PDF]) != hashlib.sha256(contents[JSON]).hexdigest():
        found = replace(found, why_not="the sealed paper names other facts than these")
    report.seal = found


def _is_sealing(record: Record, first: Record) -> bool:
    return record["type"] == WAS_SEALED and record["obj"] == first["obj"]
