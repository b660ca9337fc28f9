"""CAMT.052, .053 and .054 of every version, streamed: elements are found by local name, versions differ little.

Own mapping: pycamt keeps a whole file in memory, drops details' own amounts and both kinds of structured
reference, and cannot say where something stands.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from portal.bank_statements.documents import FileRefused, Item, Movement, Refusal, Statement, Where
from portal.bank_statements.iso20022 import entries, header
from portal.bank_statements.iso20022.entries import Detail
from portal.bank_statements.sums import Sums
from portal.core.text import t
from portal.imports.einvoices.xml import local_name, starts_like_xml
from portal.imports.options import Findings, ReadOptions

CODE = "camt"
LABEL = "CAMT (XML)"
RANK = 20
SUFFIXES = (".xml", ".camt", ".c52", ".c53", ".c54")

MOST_BYTES = 2 * 1024**3
_BLOCK = 1 << 18
_MOST_IN_A_BOOKING = 5_000_000  # elements
_MOST_OUTSIDE = 1_000_000
_STATEMENTS = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
_ROOTS = frozenset({"BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn"})
_WATCHED = tuple(f"{{*}}{name}" for name in (*_STATEMENTS, "Ntry", "TxDtls"))
_SAFE = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """Any XML, so that what is no statement is called by its name."""
    return starts_like_xml(head)


def read(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:  # noqa: ARG001
    begin = _blanks_before(source)
    _check(source, begin)
    source.seek(begin)
    yield from _Reader().items(source)


def _blanks_before(source: BinaryIO) -> int:
    """How many blanks some programs put before the declaration."""
    source.seek(0)
    head = source.read(4096)
    return len(head) - len(head.lstrip(b" \t\r\n"))


def _check(source: BinaryIO, begin: int) -> None:
    """Well formed to its end, no document type, the right root: before a single movement is believed."""
    if source.seek(0, 2) > MOST_BYTES:
        raise FileRefused("too_large", t("The file is larger than 2 GB. Split it."))
    source.seek(begin)
    parser = etree.XMLParser(target=_Shape(), **_SAFE)  # type: ignore[arg-type]
    try:
        while block := source.read(_BLOCK):
            parser.feed(block)
        parser.close()
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        text = t("The XML is broken or incomplete at line %(line)s. Export the statement again.", line=line)
        raise FileRefused("xml_broken", text, Where(line=line) if line else Where()) from None


class _Shape:
    """Sees every element go by and keeps none: a file that would fill the memory is refused before it does."""

    def __init__(self) -> None:
        self.depth = self.entry_depth = self.inside = self.outside = 0

    def doctype(self, *_: object) -> None:
        text = t("The file defines a document type or entities, which a statement never needs: it was not opened.")
        raise FileRefused("xml_dtd", text)

    def start(self, tag: str | bytes, attrib: object) -> None:  # noqa: ARG002 - lxml calls it so
        tag = tag if isinstance(tag, str) else tag.decode()
        self.depth += 1
        if self.depth == 1:
            _check_root(tag)
        if not self.entry_depth and (tag == "Ntry" or tag.endswith("}Ntry")):
            self.entry_depth, self.inside = self.depth, 0
        self.inside += 1
        self.outside += not self.entry_depth
        if self.inside > _MOST_IN_A_BOOKING or self.outside > _MOST_OUTSIDE:
            raise FileRefused("too_large", t("A booking of the file has far more parts than a bank sends."))

    def end(self, tag: str | bytes) -> None:  # noqa: ARG002 - lxml calls it so
        if self.depth == self.entry_depth:
            self.entry_depth = 0
        self.depth -= 1

    def close(self) -> None:
        pass


def _check_root(tag: str) -> None:
    """Raises FileRefused for XML that is something else, by its name."""
    space, _, name = tag.rpartition("}")
    if name in _ROOTS or (name == "Document" and (not space or "camt.05" in space)):
        return
    text = t(
        "This is an XML file whose root is %(root)s. The portal reads bank statements as CAMT.052, .053 and .054.",
        root=name[:60],
    )
    raise FileRefused("format_unknown", text, Where(path=f"/{name[:60]}"))


def _forget(element: etree._Element) -> None:
    """Frees what has been read; the parser still holds the element itself."""
    element.clear()
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None and before.tag == element.tag:
        parent.remove(before)


class _Reader:
    """Goes through a file once, a booking at a time."""

    def __init__(self) -> None:
        self.statement: Statement | None = None
        self.sums: Sums | None = None
        self.place = ""
        self.counts: dict[str, int] = {}
        self.entry = 0
        self.details: list[Detail] = []

    def items(self, source: BinaryIO) -> Iterator[Item]:
        events = etree.iterparse(source, events=("start", "end"), tag=_WATCHED, **_SAFE)
        seen = False
        for event, element in events:
            name = local_name(element)
            if name in _STATEMENTS:
                seen = True
                yield from self._begin(element, name) if event == "start" else self._end(element, name)
            elif event == "end" and name == "TxDtls":
                self._detail(element)
                _forget(element)
            elif event == "end" and name == "Ntry":
                yield from self._entry(element)
                _forget(element)
        if not seen:
            raise FileRefused("nothing_inside", t("There is no statement in this file."))

    def _begin(self, element: etree._Element, name: str) -> Iterator[Item]:
        self.counts[name] = number = self.counts.get(name, 0) + 1
        parent = element.getparent()
        above = "" if parent is None else f"/{local_name(parent)}"
        self.place = f"/Document{above}/{name}[{number}]"
        self.statement, self.sums, self.entry, self.details = None, None, 0, []
        yield from ()

    def _opened(self, element: etree._Element, name: str) -> Iterator[Item]:
        """The statement as its head says it; the head comes before the first booking."""
        if self.statement is None:
            made = header.read(element, _STATEMENTS[name], Where(path=self.place))
            self.statement = made.statement
            self.sums = Sums(made.statement)
            self.sums.paged = made.paged
            yield made.statement
            yield from made.remarks

    def _end(self, element: etree._Element, name: str) -> Iterator[Item]:
        yield from self._opened(element, name)
        if self.sums is not None and (said := self.sums.difference()) is not None:
            yield said
        _forget(element)

    def _detail(self, element: etree._Element) -> None:
        self.details.append(entries.detail(element))

    def _entry(self, element: etree._Element) -> Iterator[Item]:
        parent = element.getparent()
        if parent is None or local_name(parent) not in _STATEMENTS:
            return
        yield from self._opened(parent, local_name(parent))
        self.entry += 1
        details, self.details = self.details, []
        if self.statement is None or self.sums is None:
            return
        for item in entries.movements(element, details, self.statement, f"{self.place}/Ntry[{self.entry}]"):
            if isinstance(item, Movement):
                self.sums.add(item)
            elif isinstance(item, Refusal) and item.code != entries.PARTS_DIFFER:
                self.sums.refused = True
            yield item


def example() -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>E1</MsgId>'
        b"<CreDtTm>2026-03-02T18:00:00+01:00</CreDtTm></GrpHdr><Stmt><Id>E1</Id>"
        b"<CreDtTm>2026-03-02T18:00:00+01:00</CreDtTm><Acct><Id><IBAN>IT60X0542811101000000123456</IBAN></Id>"
        b'<Ccy>EUR</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt>'
        b"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry>"
        b'</Tp><Amt Ccy="EUR">2220.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal><Ntry>'
        b'<Amt Ccy="EUR">1220.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        b"<BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>"
        b"<AcctSvcrRef>2026030200017</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>OB-77</EndToEndId>"
        b"</Refs><RltdPties><Dbtr><Pty><Nm>Officine Brenta s.r.l.</Nm></Pty></Dbtr><DbtrAcct><Id>"
        b"<IBAN>IT25O0306909606100000012345</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Strd><CdtrRefInf>"
        b"<Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt>"
        b"</Document>\n"
    )
