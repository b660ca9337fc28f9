"""Seals and timestamps in PDF (PAdES, ETSI EN 319 142) by pyHanko, made and checked.

They are appended: the paper as it was stays, byte for byte, the beginning of the sealed one, so that its hash in the
chain still holds. Imported by portal.documents.seals alone, where the extra `sign` is there.
"""

import base64
import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from asn1crypto import pem, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from portal.core import outgoing
from portal.core.errors import Misconfigured
from portal.documents.seals import Found, NotSealed
from portal.settings import Seal

SEAL_FIELD, TIME_FIELD = "Seal", "Timestamp"
DIGEST = "sha256"
# Room in the PDF for what comes, in hexadecimal digits: to learn it pyHanko would ask the authority twice.
_ROOM = 2 * 24 * 1024
_REPLY = "application/timestamp-reply"
# A certificate for seals has one of the two; pyHanko alone would ask for the first.
_USE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)


def load(seal: Seal) -> signers.SimpleSigner:
    """The key and certificates of PORTAL_SEAL_FILE (PKCS#12). Raises Misconfigured."""
    assert seal.file is not None
    try:
        content = seal.file.read_bytes()
        return signers.SimpleSigner.load_pkcs12_data(content, (), passphrase=seal.password.encode() or None)
    except (OSError, ValueError, AttributeError) as error:  # the last: a key or certificate is not there
        raise Misconfigured("PORTAL_SEAL_FILE: PORTAL_SEAL_PASSWORD opens no key with its certificate") from error


class _Authority(TimeStamper):
    """A timestamp authority over HTTPS, through the one door to the network (portal.core.outgoing)."""

    def __init__(self, seal: Seal, allowed_loopback: frozenset[str]) -> None:
        super().__init__()
        self._seal, self._allowed_loopback = seal, allowed_loopback

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        seal = self._seal
        headers = {"Content-Type": "application/timestamp-query", "Accept": _REPLY}
        if seal.timestamp_user:
            said = base64.b64encode(f"{seal.timestamp_user}:{seal.timestamp_password}".encode()).decode()
            headers["Authorization"] = f"Basic {said}"
        came = outgoing.post(seal.timestamp_url, req.dump(), headers, seal.timeout_seconds, self._allowed_loopback)
        if not came.accepted or came.headers.get("content-type", "").partition(";")[0].strip() != _REPLY:
            raise TimestampRequestError(f"the timestamp authority: {came.error or came.status}")
        return tsp.TimeStampResp.load(came.body, strict=True)


def sealed(pdf: bytes, seal: Seal, allowed_loopback: frozenset[str]) -> bytes:
    """`pdf` with what the installation has put behind it: a seal, a timestamp, or a seal with its time.

    Raises NotSealed where the authority does not answer, or answers with something else than a timestamp.
    """
    authority = _Authority(seal, allowed_loopback) if seal.timestamp_url else None
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    try:
        with _quiet():
            if seal.file is None:
                assert authority is not None
                stamping = signers.PdfTimeStamper(authority, field_name=TIME_FIELD)
                made = stamping.timestamp_pdf(writer, DIGEST, None, bytes_reserved=_ROOM)
            else:
                how = signers.PdfSignatureMetadata(
                    field_name=SEAL_FIELD,
                    md_algorithm=DIGEST,
                    subfilter=fields.SigSeedSubFilter.PADES,
                    certify=True,
                    docmdp_permissions=fields.MDPPerm.NO_CHANGES,
                )
                made = signers.PdfSigner(how, load(seal), timestamper=authority).sign_pdf(
                    writer, bytes_reserved=_ROOM
                )
    # The last: what pyHanko raises where an answer is one to another question.
    except (TimestampRequestError, SigningError, ValueError, TypeError, AttributeError) as error:
        raise NotSealed(f"{type(error).__name__}: {error}") from error
    return bytes(made.getbuffer())


def looked_at(content: bytes, paper: bytes, trust: bytes | None) -> Found:
    """As portal.documents.seals.looked_at."""
    anchors = _certificates(trust) if trust is not None else []
    if not content.startswith(paper) or len(content) <= len(paper):
        return Found(wrong="does not begin with the paper that it seals")
    try:
        with _quiet():
            return _looked_at(content, anchors)
    except Exception:  # whatever a forger wrote into it
        return Found(wrong="cannot be read as a sealed paper")


def _looked_at(content: bytes, anchors: Sequence[x509.Certificate]) -> Found:
    behind = PdfFileReader(io.BytesIO(content)).embedded_signatures
    if len(behind) != 1:
        return Found(wrong="has no seal or timestamp behind the paper, or more than one")
    return (
        _timestamp(behind[0], anchors) if behind[0].sig_object_type == "/DocTimeStamp" else _seal(behind[0], anchors)
    )


def _timestamp(found: EmbeddedPdfSignature, anchors: Sequence[x509.Certificate]) -> Found:
    status = validate_pdf_timestamp(found, _context(anchors))
    if not (status.intact and status.valid and status.coverage == SignatureCoverageLevel.ENTIRE_FILE):
        return Found(wrong="is not what was timestamped")
    told: dict[str, Any] = {"at": status.timestamp, "at_by": _name(status.signing_cert)}
    return Found(**told, why_not=None if status.trusted else _nobody(told["at_by"], anchors))


def _seal(found: EmbeddedPdfSignature, anchors: Sequence[x509.Certificate]) -> Found:
    """A certificate that has run out since still proves, where a timestamp that is trusted says that it had not."""
    status = validate_pdf_signature(found, _context(anchors), _context(anchors), key_usage_settings=_USE)
    if not (status.intact and status.valid and status.coverage == SignatureCoverageLevel.ENTIRE_FILE):
        return Found(wrong="is not what was sealed")
    told: dict[str, Any] = {"by": _name(status.signing_cert)}
    time = status.timestamp_validity
    if time is not None:
        if not (time.intact and time.valid):
            return Found(wrong="has a timestamp of something else")
        told |= {"at": time.timestamp, "at_by": _name(time.signing_cert)}
        if time.trusted and not status.trusted:
            then = _context(anchors, time.timestamp)
            status = validate_pdf_signature(found, then, _context(anchors), key_usage_settings=_USE)
    return Found(**told, why_not=None if status.trusted else _nobody(told["by"], anchors))


def _context(anchors: Sequence[x509.Certificate], moment: datetime | None = None) -> ValidationContext:
    return ValidationContext(trust_roots=list(anchors), allow_fetching=False, moment=moment)


def _nobody(name: str, anchors: Sequence[x509.Certificate]) -> str:
    if not anchors:
        return f"the seal of {name} is whole: give a certificate that you trust with --trust"
    return f"the seal of {name} is whole, but the certificates that you trust do not stand for it"


def _name(certificate: x509.Certificate) -> str:
    said = certificate.subject.native
    return str(said.get("common_name") or said.get("organization_name") or certificate.subject.human_friendly)


def _certificates(content: bytes) -> list[x509.Certificate]:
    def each() -> Iterator[x509.Certificate]:
        for kind, _headers, der in pem.unarmor(content, multiple=True):
            if kind == "CERTIFICATE":
                found = x509.Certificate.load(der, strict=True)
                _ = found.subject.native
                yield found

    found = list(each()) if pem.detect(content) else []
    if not found:
        raise ValueError("there is no certificate in it")
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """pyHanko logs each certificate that it does not trust, with its names: the answer says it in one sentence."""
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
