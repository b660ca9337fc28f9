"""What the demo's customers said of how it went, over a year: asked and answered by the product's own actions.

Dated back afterwards, since nobody can wait a year for a demo.
"""

import random
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.debtors.models import Debtor
from portal.people.models import Membership
from portal.surveys import actions, answering, outcomes, policies
from portal.surveys.answering import Given
from portal.surveys.models import Survey
from portal.surveys.states import MACHINE, SurveyStatus

ASKED = 168
_APART = outcomes.REST + timedelta(days=2)
_OUTCOMES = (
    *(outcomes.PAID,) * 6, outcomes.CALL, outcomes.CALL, outcomes.PLAN_AGREED, outcomes.DISPUTE_VALID,
    outcomes.NOTHING,
)  # fmt: skip
_TOUCHES = ("caring", "caring", "caring_soon", "reminder_gentle", None)
_SAID: dict[str, tuple[str, ...]] = {
    "promoters": (
        "Gentili e chiari, ho risolto in due minuti.",
        "La pagina è semplice, il bonifico l'ho fatto subito.",
        "Mi hanno richiamato loro. Una persona vera, finalmente.",
        "Le rate sono state capite e accordate senza storie.",
        "",
        "",
    ),
    "passives": ("Tutto bene, ma la fattura aveva un errore.", "Ho aspettato due giorni la risposta.", "", ""),
    "detractors": (
        "Nessuno rispondeva al telefono, ho dovuto chiamare tre volte.",
        "Troppe mail per una fattura che non era arrivata.",
        "Sono in difficoltà economica e mi sono sentito sotto pressione.",
        "Non si capisce che cosa devo pagare e a quale IBAN.",
        "Mi ero dimenticato, bastava un messaggio in meno.",
    ),
}


def give(creditor_id: int, seed: int = 7) -> int:
    """Each is asked at most once in ninety days, and some two of three answer; how many did."""
    rng = random.Random(seed)
    answered = 0
    with db.transaction():
        scope.enter(creditor_id)
        debtors = list(db.session().scalars(select(Debtor).order_by(Debtor.id)))
        staff = list(
            db.session().scalars(
                select(Membership.staff_id).where(Membership.creditor_id == creditor_id).order_by(Membership.id)
            )
        )
        for turn in range(ASKED):
            debtor, round_ = debtors[turn % len(debtors)], turn // len(debtors)
            days = 20 + round_ * _APART.days + rng.randrange(max(1, min(60, 340 - round_ * _APART.days)))
            if days <= 360:
                answered += _ask(debtor, timedelta(days=days), rng.choice(staff), rng)
    return answered


def _ask(debtor: Debtor, ago: timedelta, staff_id: int, rng: random.Random) -> int:
    at = clock.now() - ago
    row = Survey(
        id=ids.new_id(), debtor_id=debtor.id, outcome=rng.choice(_OUTCOMES), happened_at=at, ask_from=at,
        ask_until=at, phase=rng.choice((outcomes.BEFORE, outcomes.AFTER)), segment=debtor.kind,
        person=actions.person(debtor, ""),
        channel=rng.choice(("email", "email", "email", "sms", "phone")), staff_id=staff_id,
        touch_key=rng.choice(_TOUCHES), asked_at=at,
    )  # fmt: skip
    MACHINE.begin(row, SurveyStatus.WAITING, actions.noted(row, row.outcome))
    db.session().add(row)
    db.session().flush()
    MACHINE.move(row, SurveyStatus.ASKED, actions.asked(row))
    if rng.random() > 0.68:
        return 0
    better = 0.08 if ago < timedelta(days=180) else 0.0
    draw = rng.random() + better
    kind = "promoters" if draw > 0.5 else "passives" if draw > 0.22 else "detractors"
    score = {"promoters": (9, 10), "passives": (7, 8), "detractors": (2, 4, 5, 6)}[kind]
    given = Given(rng.choice(score), rng.choice(_SAID[kind]) or None, rng.choice((3, 4, 4, 5, 5)))
    source = answering.SOURCE_OF[str(row.channel)]
    by = staff_id if source == answering.PHONE else None
    answer = answering.keep(row, given, policy=policies.current(), source=source, by=by)
    answer.answered_at = at + timedelta(hours=rng.randrange(1, 60))
    if ago > timedelta(days=60):
        answer.seen_at, answer.seen_by = answer.answered_at + timedelta(days=1), staff_id
    db.session().flush()
    return 1
