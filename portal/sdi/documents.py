"""What a message of the SdI says, as it is read: before anybody knows which invoice it is about."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.core.text import Text, t

RC, NS, MC, NE, DT, AT, EC, SE, MT = "RC", "NS", "MC", "NE", "DT", "AT", "EC", "SE", "MT"
ACCEPTED, REFUSED = "EC01", "EC02"

KINDS: Final[Mapping[str, Text]] = {
    RC: t("receipt of delivery"),
    NS: t("notice of rejection"),
    MC: t("notice of failed delivery"),
    NE: t("notice of the customer's answer"),
    DT: t("notice that the time to answer has passed"),
    AT: t("certificate of transmission"),
    EC: t("the customer's answer"),
    SE: t("rejection of the customer's answer"),
    MT: t("metadata of a delivered file"),
}
# Names of the root elements, of the public administration's messages and of the others' (MessaggiTypes 1.0 and 1.1).
ROOTS: Final[Mapping[str, str]] = {
    "RicevutaConsegna": RC,
    "NotificaScarto": NS,
    "RicevutaScarto": NS,
    "NotificaMancataConsegna": MC,
    "RicevutaImpossibilitaRecapito": MC,
    "NotificaEsito": NE,
    "NotificaDecorrenzaTermini": DT,
    "AttestazioneTrasmissioneFattura": AT,
    "NotificaEsitoCommittente": EC,
    "ScartoEsitoCommittente": SE,
    "MetadatiInvioFile": MT,
    "FileMetadati": MT,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """The one invoice of a file that a message is about: its number, its year and its place in the file."""

    number: str
    year: int | None
    position: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `file_name` is the sent invoice's file (NomeFile); `own_name` is that of the message itself.

    `errors` are (code, description); `outcome` is EC01 or EC02; `tells_office` is a MC for a public office, where
    the SdI goes on trying by itself.
    """

    kind: str
    sdi_id: str
    own_name: str
    file_name: str | None = None
    message_id: str | None = None
    at: datetime | None = None
    reference: Reference | None = None
    outcome: str | None = None
    description: str | None = None
    errors: tuple[tuple[str, str], ...] = ()
    tells_office: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for the same message, however it is wrapped: the file's own name plays no part."""
        said = [
            self.kind, self.sdi_id, stem(self.file_name or ""), self.message_id, self.at and self.at.isoformat(),
            self.outcome, self.description, self.errors,
            self.reference and [self.reference.number, self.reference.year, self.reference.position],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be read, or found: in which file (`a.zip!b.xml`), and why."""

    file: str
    why: Text


def base_name(name: str) -> str:
    """The file's own name, without folders and without the archive that it came in."""
    return name.replace("\\", "/").rpartition("!")[2].rpartition("/")[2].strip()


def stem(name: str) -> str:
    """What a file's name is compared by: signed, zipped or not, it is the same file."""
    found = base_name(name).casefold()
    for suffix in (".p7m", ".xml", ".zip"):
        found = found.removesuffix(suffix)
    return found


def stems(name: str) -> set[str]:
    """The same of a file and of the archive that it came in: the SdI may speak of either."""
    return {stem(one) for one in name.split("!")} - {""}


def sender(name: str) -> str:
    """`IT01234567890` of `IT01234567890_11111_RC_001.xml`: who sent it; nothing where it is called otherwise."""
    found, _, rest = base_name(name).partition("_")
    return found.upper() if rest and found.isascii() and found.isalnum() and len(found) > 4 else ""
