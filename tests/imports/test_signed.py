"""`.p7m` in every wrapping that travels; what is no signed invoice is refused by its name."""

import base64

import pytest
from asn1crypto import cms, pem
from hypothesis import given
from hypothesis import strategies as st

from tests.imports.files import fattura, in_definite_pieces, read, signed, streamed

DER = signed(fattura())


def lines(data: bytes, width: int, end: bytes) -> bytes:
    text = base64.b64encode(data)
    return end.join(text[at : at + width] for at in range(0, len(text), width)) + end


@pytest.mark.parametrize(
    "content",
    [
        DER,
        streamed(fattura()),
        streamed(fattura(), piece=1),
        streamed(fattura(), piece=10**6),
        in_definite_pieces(fattura()),
        base64.b64encode(DER),
        lines(DER, 64, b"\n"),
        lines(DER, 76, b"\r\n"),
        b"\r\n" + lines(streamed(fattura()), 64, b"\r\n") + b"\r\n\r\n",
        b"\xef\xbb\xbf" + base64.b64encode(DER),
        pem.armor("PKCS7", DER),
        pem.armor("CMS", streamed(fattura())).replace(b"\n", b"\r\n"),
        signed(DER),
        signed(streamed(signed(fattura()))),
        base64.b64encode(signed(base64.b64encode(DER))),
        base64.b64encode(fattura()),
        b'MIME-Version: 1.0\nContent-Type: application/x-pkcs7-mime; name="smime.p7m"\n'
        b"Content-Transfer-Encoding: base64\n\n" + lines(DER, 64, b"\n"),
        DER + b"\n",
        DER + b"\0" * 7,
        signed(b"\xef\xbb\xbf" + fattura()),
    ],
)
@pytest.mark.parametrize("name", ["IT01_1.xml.p7m", "IT01_1.xml"])
def test_every_wrapping_is_taken_off(content: bytes, name: str) -> None:
    found = read(content, name)
    assert found.format == "fatturapa-p7m"
    assert [(d.number, d.total.minor) for d in found.documents] == [("2026/101", 122000), ("2026/7", 12200)]
    assert found.refusals == []


def _detached() -> bytes:
    data = {
        "version": "v1",
        "digest_algorithms": [],
        "encap_content_info": {"content_type": "data"},
        "signer_infos": [],
    }
    wrapped: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()
    return wrapped


def _deep() -> bytes:
    inner = b"\x04\x03abc"
    for _ in range(500):
        inner = b"\x24\x80" + inner + b"\0\0"
    whole = streamed(b"")
    return whole.replace(b"\x24\x80\0\0", inner)


def _often() -> bytes:
    content = fattura()
    for _ in range(12):
        content = signed(content)
    return content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" \n", "empty"),
        (b"", "empty"),
        (_detached(), "p7m_detached"),
        (DER[: len(DER) // 2], "p7m_broken"),
        (DER[:40], "p7m_broken"),
        (_deep(), "p7m_broken"),
        (_often(), "p7m_too_deep"),
        (signed(b""), "empty"),
        (signed(b"%PDF-1.7"), "p7m_broken"),
        (signed(b"<html/>"), "format_unknown"),
        (bytes.fromhex("300b06092a864886f70d010703"), "p7m_encrypted"),
        (base64.b64encode(DER)[:-41], "p7m_broken"),
        (b"-----BEGIN PKCS7-----\n!!!!\n-----END PKCS7-----\n", "empty"),
        (b"MIME-Version: 1.0\n", "p7m_broken"),
        (DER[:2] + b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\xff" * 400, "p7m_broken"),
        (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\x30\x80" * 50_000, "p7m_broken"),
    ],
)
def test_what_holds_no_invoice_is_refused(content: bytes, code: str) -> None:
    found = read(content, "a.xml.p7m")
    assert [refusal.code for refusal in found.refusals] == [code]
    assert found.documents == []
    assert found.format == "fatturapa-p7m"


@given(at=st.integers(0, len(DER) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(DER)))
def test_damaged_signatures_are_read_or_refused(at: int, byte: int, cut: int) -> None:
    for whole in (DER, streamed(fattura())):
        damaged = bytearray(whole)
        damaged[at % len(damaged)] = byte
        found = read(bytes(damaged), "a.p7m")
        assert found.documents or found.refusals
        assert read(whole[:cut], "a.p7m").refusals or cut >= len(whole) - 16
