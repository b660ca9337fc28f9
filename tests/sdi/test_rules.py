"""Where an invoice stands does not depend on the order in which messages come."""

from dataclasses import dataclass
from itertools import permutations

import pytest

from portal.sdi.rules import At, Standing, standing


@dataclass(frozen=True)
class Said:
    kind: str
    sdi_id: str = "1"
    file_name: str | None = "IT1_a.xml"
    outcome: str | None = None
    tells_office: bool = False


A, B = "it1_a", "it1_b"
RC, NS, MC, MT = Said("RC"), Said("NS"), Said("MC"), Said("MT")
ACCEPTED, REFUSED = Said("NE", outcome="EC01"), Said("NE", outcome="EC02")
RC_B, NS_B = Said("RC", "2", "IT1_b.xml.p7m"), Said("NS", "2", "IT1_b.xml")

STANDS: dict[str, tuple[list[str], list[Said], Standing | None]] = {
    "nothing said": ([A], [], None),
    "taken": ([A], [MT], Standing(At.PASSED, "1")),
    "delivered": ([A], [RC, MT], Standing(At.DELIVERED, "1")),
    "rejected": ([A], [NS], Standing(At.REJECTED, "1")),
    "not delivered": ([A], [MC], Standing(At.AVAILABLE, "1")),
    "an office, not yet": ([A], [Said("MC", tells_office=True)], Standing(At.TRYING, "1")),
    "an office, later": ([A], [Said("MC", tells_office=True), RC], Standing(At.DELIVERED, "1")),
    "an office, never": ([A], [Said("MC", tells_office=True), Said("AT")], Standing(At.TRANSMITTED, "1")),
    "time has passed": ([A], [RC, Said("DT")], Standing(At.EXPIRED, "1")),
    "accepted": ([A], [RC, ACCEPTED], Standing(At.ACCEPTED, "1")),
    "refused": ([A], [RC, REFUSED], Standing(At.REFUSED, "1")),
    "an answer on its way refuses nothing": ([A], [RC, Said("EC", outcome="EC02")], Standing(At.DELIVERED, "1")),
    "an answer that was not admitted": ([A], [RC, Said("SE", outcome="EN01")], Standing(At.DELIVERED, "1")),
    "rejected, then anew": ([A, B], [NS], Standing(At.NOTHING, B)),
    "rejected, anew, delivered": ([A, B], [NS, RC_B], Standing(At.DELIVERED, "2")),
    "rejected twice": ([A, B], [NS, NS_B], Standing(At.REJECTED, "2")),
    "refused, then anew rejected": ([A, B], [RC, REFUSED, NS_B], Standing(At.REJECTED, "2")),
    "delivered, and its copy rejected": ([A, B], [RC, NS_B], Standing(At.DELIVERED, "1")),
    "a newer number of unknown files": ([], [Said("NE", "9", None, "EC01"), Said("NE", "5", None, "EC02")],
                                        Standing(At.ACCEPTED, "9")),
    "numbers are compared as numbers": ([], [Said("NS", "9", None), Said("NE", "10", None, "EC02")],
                                        Standing(At.REFUSED, "10")),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(STANDS))
def test_in_every_order(name: str) -> None:
    files, said, wanted = STANDS[name]
    for order in permutations(said):
        assert standing(files, order) == wanted
