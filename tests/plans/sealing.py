"""A seal of our own and an authority for timestamps that answers over HTTP: certificates made for the test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.core import installation
from portal.doubles.serving import LoopbackServer
from portal.settings import Seal

PASSWORD = "a password of the seal"


@dataclass
class Owner:
    """A key with its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER))

    def as_pkcs12(self) -> bytes:
        how = serialization.BestAvailableEncryption(PASSWORD.encode())
        return pkcs12.serialize_key_and_certificates(b"seal", self.key, self.certificate, None, how)


def owner(
    name: str, issuer: Owner | None = None, *, is_ca: bool = False, stamps: bool = False, days: float = 365
) -> Owner:
    """Valid since ten days ago, for `days` from now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False), critical=True
        )
    )
    if stamps:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Owner(key, made.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass
class Authority:
    """Answers as RFC 3161 says; `broken` is what it answers instead."""

    stamp: Owner
    root: Owner
    broken: tuple[str, str, bytes] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.asked.append({"authorization": environ.get("HTTP_AUTHORIZATION"), "type": environ["CONTENT_TYPE"]})
        status, kind, answer = self.broken or ("200 OK", "application/timestamp-reply", self._answer(body))
        start(status, [("Content-Type", kind), ("Content-Length", str(len(answer)))])
        return [answer]

    def _answer(self, body: bytes) -> bytes:
        store = SimpleCertificateStore()
        store.register(self.root.asn1)
        der = self.stamp.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made = DummyTimeStamper(self.stamp.asn1, keys.PrivateKeyInfo.load(der), certs_to_embed=store)
        answer: bytes = made.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return answer


@dataclass
class Sealing:
    """An operator with a certificate and an authority; nothing is on until `on`."""

    folder: Path
    url: str
    root: Owner
    authority: Authority

    def on(self, seal: Owner | None, *, timestamp: bool = True, **more: Any) -> None:
        """From here on papers are sealed with `seal`, and timestamped."""
        path = None
        if seal is not None:
            path = self.folder / "seal.p12"
            path.write_bytes(seal.as_pkcs12())
        told = Seal(file=path, password=PASSWORD, timestamp_url=f"{self.url}/tsr" if timestamp else "", **more)
        settings = installation.settings()
        installation.install(
            replace(settings, seal=told, allowed_loopback=settings.allowed_loopback | {self.url}), installation.keys()
        )

    def trusting(self, *owners: Owner) -> Path:
        path = self.folder / "trust.pem"
        path.write_bytes(b"".join(one.pem for one in owners))
        return path


@contextmanager
def sealing_running(folder: Path) -> Iterator[Sealing]:
    root = owner("Radice di prova", is_ca=True)
    authority = Authority(owner("Ora di prova", root, stamps=True), root)
    with LoopbackServer(authority) as server:
        yield Sealing(folder, server.url, root, authority)


def pdfsig(content: bytes, folder: Path) -> str:
    """What poppler, which knows nothing of pyHanko, says of the signatures in it."""
    path = folder / "looked-at.pdf"
    path.write_bytes(content)
    return subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
