"""A JPEG without what was written beside its picture: not one point of the picture itself is touched.

Cameras keep place, time and their own number in segments of their own, some behind the picture (rule A-65).
"""

_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_JFIF, _ADOBE = 0xE0, 0xEE  # say how to read the colours
_APPS = range(0xE0, 0xF0)
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_KEPT = {
    _JFIF: (b"JFIF\0", 14),
    _ADOBE: (b"Adobe", 12),
}  # how each begins, its length without a thumbnail


def bare(content: bytes) -> bytes:
    """The JPEG in `content` without comments, application data and whatever follows its end. Raises ValueError."""
    if content[:2] != bytes((0xFF, _START)):
        raise ValueError("no JPEG")
    kept, at = bytearray(content[:2]), 2
    while True:
        marker, at = _marker(content, at) if at < len(content) else (_END, at)  # scanners forget the end
        if marker == _END:
            return bytes(kept) + bytes((0xFF, _END))
        if marker in _ALONE:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2 or at + length > len(content):
            raise ValueError("cut off")
        kept += _segment(marker, content[at + 2 : at + length])
        at += length
        if marker == _SCAN:
            ends = _end_of_scan(content, at)
            kept += content[at:ends]
            at = ends


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker there, with any number of 0xFF before it, and the place behind it."""
    if content[at : at + 1] != b"\xff":
        raise ValueError("no marker")
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content):
        raise ValueError("cut off")
    return content[at], at + 1


def _segment(marker: int, body: bytes) -> bytes:
    if marker == _COMMENT or marker in _APPS:
        begins, longest = _KEPT.get(marker, (b"", 0))
        if not begins or not body.startswith(begins) or len(body) < longest:
            return b""
        body = body[:longest]
        if marker == _JFIF:
            body = body[:12] + b"\0\0"  # no small picture
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the points of a picture end: at the next marker that is neither a filler nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] == 0 or content[at + 1] in _ALONE:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at
