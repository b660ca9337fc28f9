"""FatturaPA inside a digital signature (`.xml.p7m`), in every wrapping that travels."""

from collections.abc import Iterator
from typing import BinaryIO

from asn1crypto import cms

from portal.core.text import t
from portal.imports.documents import FileRefused, Item
from portal.imports.einvoices.families import read_xml
from portal.imports.einvoices.signature import MOST_BYTES, starts_like_signature, unwrap
from portal.imports.formats import fatturapa
from portal.imports.options import Findings, ReadOptions

CODE = "fatturapa-p7m"
LABEL = t("FatturaPA, signed (P7M)")
RANK = 10
SUFFIXES = (".p7m",)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001 - the name is only a hint
    """Signed data by its first bytes; the name does not matter, portals hand these out as `.xml` too."""
    return starts_like_signature(head)


def rows(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    source.seek(0)
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FileRefused("too_large", t("The file is larger than 18 MB; a signed invoice has at most 7."))
    yield from read_xml(unwrap(data), options, findings)


def example() -> bytes:
    """The XML example as signed data without a signer: it shows the wrapping, it proves nothing."""
    enclosed = {"content_type": "data", "content": fatturapa.example()}
    signed = {"version": "v1", "digest_algorithms": [], "encap_content_info": enclosed, "signer_infos": []}
    wrapped: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)}).dump()
    return wrapped
