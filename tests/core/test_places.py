"""Hours and rest days where somebody is: postcodes, zones, patrons, and the moment that two places share."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import holidays
import pytest

from portal.core import places, windows
from portal.core.places import Place
from portal.core.working_days import rest

ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("postcode", "province"),
    [("40121", "BO"), ("00184", "RM"), ("20900", "MB"), ("20121", "MI"), ("47921", "RN"), ("47121", "FC"), ("34121", "TS"),
     ("34170", "TS"), ("88900", "KR"), ("89900", "VV"), ("SW1A 1AA", None), ("4012", None), ("٤٠١٢١", None), (None, None)],
)  # fmt: skip
def test_the_province_of_a_postcode(postcode: str | None, province: str | None) -> None:
    assert places.province(postcode) == province


def test_a_patrons_day_is_a_rest_day_there_alone() -> None:
    petronius = date(2027, 10, 5)
    assert rest(date(2026, 12, 7), "IT", "MI") == "Saint Ambrose's Day"
    assert rest(date(2026, 12, 7), "IT", "BO") is None
    assert rest(petronius, "IT", "BO") is None
    assert rest(date(2026, 12, 7), "IT", "nowhere") is None, "an unknown part is the whole country"
    assert rest(date(2026, 12, 8), "IT", "nowhere") == "Immaculate Conception"
    assert rest(date(2026, 7, 14), "FR") is not None
    assert rest(date(2026, 7, 12), "XX") == "Sunday"


def test_every_province_of_a_postcode_is_known_to_the_holidays() -> None:

    known = set(holidays.Italy.subdivisions)
    found = {places.province(f"{n:03}10") for n in range(1000)} - {None}
    assert found <= known
    assert len(found) > 100


def test_where_a_customer_may_be() -> None:
    assert places.of("IT", "20121", ROME) == (Place(ROME, "IT", "MI"),)
    assert places.of(None, None, ROME) == (Place(ROME, "IT", None),)
    assert {one.zone for one in places.of("ES", "28013", ROME)} == {"Atlantic/Canary", "Africa/Ceuta"}
    assert places.of("??", "1", "Europe/Paris") == (Place("Europe/Paris", "IT", None),)


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(ROME)).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "there", "saturdays", "expected"),
    [
        (at(2026, 11, 20, 9), Place(ROME), True, at(2026, 11, 20, 9)),
        (at(2026, 11, 20, 9), Place("Europe/London", "GB"), True, at(2026, 11, 20, 9, 30)),
        (at(2026, 11, 20, 9), Place("America/New_York", "US"), True, at(2026, 11, 20, 14, 30)),
        (at(2026, 11, 21, 9), Place(ROME), True, at(2026, 11, 21, 9)),
        (at(2026, 11, 21, 9), Place(ROME), False, at(2026, 11, 23, 8, 30)),
        (at(2026, 12, 7, 9), Place(ROME, "IT", "MI"), True, at(2026, 12, 9, 8, 30)),
        (at(2026, 10, 24, 20), Place(ROME), True, at(2026, 10, 26, 8, 30)),  # over the end of summer time
    ],
)
def test_the_first_moment_that_both_places_share(
    now: datetime, there: Place, saturdays: bool, expected: datetime
) -> None:
    assert windows.next_shared_moment(now, [Place(ROME), there], saturdays=saturdays) == expected


def test_windows_that_never_meet_leave_ours() -> None:
    apart = [Place(ROME), *places.of("RU", None, ROME)]
    found = windows.next_shared_moment(at(2026, 11, 20, 3), apart)
    assert found == at(2026, 11, 20, 8, 30)
