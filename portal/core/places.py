"""Where somebody is, as far as hours and rest days go: a country's zones, the province of an Italian postcode."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from portal.core.working_days import ITALY

# The first two digits of a postcode are a province's, save where three say otherwise (Poste Italiane, CAP).
_BY_TWO = (
    "00RM 01VT 02RI 03FR 04LT 05TR 06PG 07SS 08NU 09CA 10TO 11AO 12CN 13VC 14AT 15AL 16GE 17SV 18IM 19SP 20MI 21VA "
    "22CO 23SO 24BG 25BS 26CR 27PV 28NO 29PC 30VE 31TV 32BL 33UD 34TS 35PD 36VI 37VR 38TN 39BZ 40BO 41MO 42RE 43PR "
    "44FE 45RO 46MN 47FC 48RA 50FI 51PT 52AR 53SI 54MS 55LU 56PI 57LI 58GR 59PO 60AN 61PU 62MC 63AP 64TE 65PE 66CH "
    "67AQ 70BA 71FG 72BR 73LE 74TA 75MT 76BT 80NA 81CE 82BN 83AV 84SA 85PZ 86CB 87CS 88CZ 89RC 90PA 91TP 92AG 93CL "
    "94EN 95CT 96SR 97RG 98ME"
)
_BY_THREE = (
    "138BI 139BI 208MB 209MB 238LC 239LC 268LO 269LO 288VB 289VB 330PN 340GO 478RN 479RN 638FM 639FM 860IS 888KR "
    "889KR 898VV 899VV"
)
_PROVINCES = {one[:-2]: one[-2:] for one in f"{_BY_TWO} {_BY_THREE}".split()}
_MOMENTS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Place:
    """Whose hours and rest days count: an IANA zone, an ISO country, and in Italy a province (its patron's day)."""

    zone: str
    country: str = ITALY
    province: str | None = None


def province(postcode: str | None) -> str | None:
    """The province of an Italian postcode by its digits; None for what is none."""
    digits = (postcode or "").strip()
    if len(digits) != 5 or not (digits.isascii() and digits.isdigit()):
        return None
    return _PROVINCES.get(digits[:3]) or _PROVINCES.get(digits[:2])


@lru_cache(maxsize=512)
def zones(country: str) -> tuple[str, ...]:
    """The zones of a country that differ in their hours; nothing for an unknown one."""
    found: dict[tuple[object, ...], str] = {}
    for zone, territory in sorted(get_global("zone_territories").items()):
        if territory != country:
            continue
        try:
            there = ZoneInfo(zone)
        except ZoneInfoNotFoundError:
            continue
        found.setdefault(tuple(moment.astimezone(there).utcoffset() for moment in _MOMENTS), zone)
    return tuple(found.values())


def of(country: str | None, postcode: str | None, home: str) -> tuple[Place, ...]:
    """Where a customer may be: every zone of their country, `home` (the creditor's zone) where nothing is known."""
    there = (country or ITALY).upper()
    patron = province(postcode) if there == ITALY else None
    return tuple(Place(zone, there, patron) for zone in zones(there)) or (Place(home),)
