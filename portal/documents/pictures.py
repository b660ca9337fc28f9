"""A photograph made anew: decoded, turned upright, drawn into a fresh picture. Of the file itself nothing is kept.

So neither where and with which camera it was taken is kept, nor whatever else was hidden in it (rule A-65).
"""

import io
import warnings

from PIL import Image, ImageOps

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
LONGEST_SIDE = 3000  # pixels of what is kept: a page of small print can still be read
MOST_PIXELS = 60_000_000  # of what is decoded; telephones make up to 50 million
_MOST_PIXELS_PNG = 25_000_000  # a PNG cannot be made smaller while it is decoded
_QUALITY = 85


class NotAPicture(Exception):
    """It cannot be decoded, or is larger than a picture needs to be."""


def made_anew(content: bytes, media_type: str) -> bytes:
    """The picture in `content` (a key of FORMATS) as a fresh file of the same kind. Raises NotAPicture."""
    kind = FORMATS[media_type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=(kind,)) as found:
                return _drawn(found, kind)
    except NotAPicture:
        raise
    except (
        OSError,
        ValueError,
        SyntaxError,
        ArithmeticError,
        LookupError,
        TypeError,
        EOFError,
        MemoryError,
    ) as error:
        raise NotAPicture from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture from error


def _drawn(found: Image.Image, kind: str) -> bytes:
    width, height = found.size
    if width * height > (MOST_PIXELS if kind == "JPEG" else _MOST_PIXELS_PNG) or min(width, height) < 1:
        raise NotAPicture
    if kind == "JPEG":
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decodes no more than is kept
    upright = ImageOps.exif_transpose(found)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = upright.convert("RGB" if kind == "JPEG" or not upright.has_transparency_data else "RGBA")
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    fresh.save(out, kind, **({"quality": _QUALITY} if kind == "JPEG" else {}))
    return out.getvalue()
