"""How long a text message is: GSM 03.38 units or UCS-2, in segments, and what would double its price (A-70)."""

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes an escape before it: two units, never torn apart
GSM, UCS2 = "GSM-7", "UCS-2"
_ALONE = {GSM: 160, UCS2: 70}
_JOINED = {GSM: 153, UCS2: 67}  # a part of several carries a header

# Letters and signs that people type and the alphabet lacks, as it would say them.
_PLAIN = str.maketrans(
    {
        "À": "A'", "È": "E'", "Ì": "I'", "Ò": "O'", "Ù": "U'", "’": "'", "‘": "'", "‚": "'", "´": "'", "`": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "…": "...",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "", "•": "-", "\t": " ",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """`encoding` GSM-7 or UCS-2, `units` of it, and how many segments are paid for."""

    encoding: str
    units: int
    segments: int


def normalise(text: str) -> str:
    """The text without what would force UCS-2 needlessly: `È` becomes `E'`, `’` an apostrophe, `č` a `c`."""
    return "".join(_letter(c) for c in unicodedata.normalize("NFC", text).translate(_PLAIN))


def _letter(c: str) -> str:
    if c in _BASIC or c in _EXTENDED:
        return c
    plain = "".join(part for part in unicodedata.normalize("NFKD", c) if not unicodedata.combining(part))
    return plain if plain and all(part in _BASIC or part in _EXTENDED for part in plain) else c


def size(text: str) -> Size:
    """How much of a text message this is, as it stands."""
    is_gsm = all(c in _BASIC or c in _EXTENDED for c in text)
    encoding = GSM if is_gsm else UCS2
    widths = [(2 if c in _EXTENDED else 1) if is_gsm else (2 if ord(c) > 0xFFFF else 1) for c in text]
    units = sum(widths)
    if units <= _ALONE[encoding]:
        return Size(encoding, units, 1)
    segments, room = 1, _JOINED[encoding]
    for width in widths:
        if width > room:
            segments, room = segments + 1, _JOINED[encoding]
        room -= width
    return Size(encoding, units, segments)
