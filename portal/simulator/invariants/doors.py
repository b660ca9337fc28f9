"""Links and the gate: what is revoked opens nothing, and nobody answers who has not passed the gate."""

from collections.abc import Iterator

from portal.core import ids
from portal.debtors import links
from portal.debtors.models import AccessLink, Visit
from portal.simulator.browsers import Browser
from portal.simulator.invariants import invariant
from portal.simulator.pictures import pictures
from portal.simulator.world import World

_REPLACED = "replaced"  # by a visit of its own reader, which goes on (decision 7)


@invariant()
def revoked_links_open_nothing(world: World) -> Iterator[str]:
    """A revoked link is never answered with a page, and no visit through it goes on (rule A-10, D-40.10)."""
    for place, picture in enumerate(pictures(world)):
        revoked = [row for row in picture.of(AccessLink) if row.revoked_at is not None]
        if not revoked:
            continue
        if world.step % len(world.houses) == place:  # one of them each time
            chosen = revoked[world.step // 2 % len(revoked)]
            browser = Browser(world.app, f"10.8.{world.step // 250 % 250}.{world.step % 250}")
            status = browser.get(links.address(chosen.id, chosen.purpose))
            if status < 400:
                yield f"{picture.house.slug}: link {chosen.id} is revoked and answers {status} at {browser.path}"
        why = {row.id: row.revoked_why for row in revoked}
        for visit in picture.of(Visit):
            if visit.ended_at is None and why.get(visit.link_id, _REPLACED) != _REPLACED:
                yield f"{picture.house.slug}: visit {visit.id} goes on through a revoked link"


# A mail program has a signed address and nothing else (rule A-36); the creditor's system hears of it.
_BY_A_MAIL_PROGRAM = frozenset({"courtesy.stopped", "courtesy.resumed", "delivery.queued"})

# The link of a question how it went opens that question and nothing else: no gate stands before it (rule E-02).
_BY_THE_LINK_OF_A_QUESTION = frozenset({"survey.answered", "survey.answer_changed"})


@invariant()
def nobody_answers_before_the_gate(world: World) -> Iterator[str]:
    """Whatever a debtor does is done in a visit that began with a passed gate, through the same link (D-40.12)."""
    for picture in pictures(world):
        passed: set[tuple[str, int]] = world.seen.setdefault(("passed", picture.house.slug), set())
        for row in picture.news("gate"):
            if row.name == "gate.passed":
                passed.add((row.data["visit_id"], row.link_id))
            elif row.actor_id is None and row.name in _BY_A_MAIL_PROGRAM | _BY_THE_LINK_OF_A_QUESTION:
                continue
            elif row.actor_kind == "debtor" and (ids.spell(row.actor_id or 0), row.link_id) not in passed:
                yield f"{picture.house.slug}: {row.name} by visit {row.actor_id}, which passed no gate"
