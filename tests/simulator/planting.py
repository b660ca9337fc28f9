"""Bugs as people make them, each planted in one place of the real code; the simulator must find every one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import false, select

from portal.bank_statements.known import Known
from portal.bank_statements.twins import Twins
from portal.core import clock, db, events, ids, jobs, outbox, windows
from portal.core.money import Money
from portal.core.relay import Verdict
from portal.debtors import entry_pages, gate, links
from portal.debtors.models import AccessLink, Debtor, LinkDirectory
from portal.invoices import credit_notes, crediting, reversing
from portal.invoices import queries as invoices
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger.sources import Source
from portal.messages import actions as messages
from portal.messages import jobs as message_jobs
from portal.overpayments import actions as overpayments
from portal.payments import actions as payments
from portal.payments import checkout, refunds
from portal.payments.models import ProviderEvent
from portal.reminders import queries as reminder_queries
from portal.silence import queries as silence_queries
from portal.webhooks import payloads
from tests.simulator import planting_voices as voices

Plant = Callable[[Any], None]  # gets pytest's monkeypatch


def double_booking(patch: Any) -> None:
    """The way back and the webhook both book the card's money."""
    book = ledger.settle

    def twice(item_id: int, amount: Any, *, account: str, position: int = 0, **rest: Any) -> Any:
        settled = book(item_id, amount, account=account, position=position, **rest)
        if account == accounts.CARD:
            book(item_id, amount, account=account, position=position + 10, **rest)
        return settled

    patch.setattr(ledger, "settle", twice)


def lost_event(patch: Any) -> None:
    """A payment succeeds and history does not know."""
    record = events.record

    def forgetful(happened: events.Event) -> int:
        return ids.new_id() if happened.name == "payment.succeeded" else record(happened)

    patch.setattr(events, "record", forgetful)


def lost_notice(patch: Any) -> None:
    """A provider's notice is ticked off before it has had its effect, and nobody sweeps after it."""

    def tick_off(event_id: int) -> bool:
        event = db.session().get(ProviderEvent, event_id)
        assert event is not None
        event.done_at = clock.now()
        return True

    sweep = "portal.payments.jobs.sweep"
    patch.setattr(checkout, "follow", tick_off)
    patch.setitem(jobs.PERIODIC, sweep, replace(jobs.PERIODIC[sweep], work=lambda: None))


def wrong_residual(patch: Any) -> None:
    """What is open is lowered by a cent less than what was booked."""
    lower = ledger._lower
    patch.setattr(ledger, "_lower", lambda receivable, by, value_on: lower(receivable, by - (by > 1), value_on))


def unexpired_checkout(patch: Any) -> None:
    """What was settled in another way can still be paid on its page at Stripe."""
    patch.setattr(payments, "expire_for_item", lambda _item_id: None)


def skipped_outbox(patch: Any) -> None:
    """Now and then the row that would see to a delivery is not written."""
    put, count = outbox.put, [0]

    def sometimes(kind: str, subject_id: int, **rest: Any) -> int:
        count[0] += 1
        return 0 if kind == "webhooks.deliver" and count[0] % 3 == 0 else put(kind, subject_id, **rest)

    patch.setattr(outbox, "put", sometimes)


def cross_tenant_write(patch: Any) -> None:
    """What the last visitor was is kept in the process, and written for the next one, of another creditor."""
    trace, last = gate._trace, [0]

    def of_the_last(link: AccessLink, kind: str, client: str | None) -> Any:
        row = trace(link, kind, client)
        row.debtor_id, last[0] = last[0] or link.debtor_id, link.debtor_id
        return row

    patch.setattr(gate, "_trace", of_the_last)


def sent_without_sending(patch: Any) -> None:
    """The mail failed, but the message says "sent" (pain 14)."""
    keep = message_jobs._keep

    def always_sent(message: Any, letter: Any, sent: Any, *, is_last: bool) -> None:
        accepted = replace(sent, answer=replace(sent.answer, verdict=Verdict.ACCEPTED))
        keep(message, letter, accepted, is_last=is_last)

    patch.setattr(message_jobs, "_keep", always_sent)


def revoked_link_opens(patch: Any) -> None:
    """Revoking is written, and nobody looks at it."""

    def by_id(link_id: int, purpose: str) -> links.Found | None:
        creditor_id = db.session().scalar(select(LinkDirectory.creditor_id).where(LinkDirectory.link_id == link_id))
        if creditor_id is None:
            return None
        links.scope.enter(creditor_id)
        wanted = select(AccessLink).where(AccessLink.id == link_id, AccessLink.purpose == purpose)
        link = db.session().scalars(wanted).one_or_none()
        return links.Found(link, creditor_id) if link is not None else None

    patch.setattr(links, "by_id", by_id)


def at_any_hour(patch: Any) -> None:
    """The hours are not asked for."""
    patch.setattr(messages, "not_before", [])
    patch.setattr(windows, "next_moment", lambda now, _zone: now)
    patch.setattr(windows, "next_shared_moment", lambda now, _places, **_wishes: now)


def name_before_the_gate(patch: Any) -> None:
    """The page before the gate greets its reader by name (rule A-27)."""
    common = entry_pages.common_values

    def greeting(found: Any, title: Any = None) -> dict[str, Any]:
        values = common(found, title)
        if found is not None:
            wanted = select(Debtor.name).where(Debtor.id == found.link.debtor_id)
            values["title"] = f"Buongiorno {db.session().scalar(wanted)}"
        return values

    patch.setattr(entry_pages, "common_values", greeting)


def fresh_key_for_each_try(patch: Any) -> None:
    """When Stripe does not answer the same order is sent again under another key (rule B-04)."""
    order_of = checkout.order_of
    patch.setattr(checkout, "order_of", lambda attempt: replace(order_of(attempt), key=ids.spell(ids.new_id())))


def nothing_kept_before_the_call(patch: Any) -> None:
    """The attempt is written together with Stripe's answer, not before: a process that dies in between forgets it."""

    @contextmanager
    def without_commit() -> Iterator[None]:
        unit = db._unit.get()
        assert unit is not None
        unit.outside = True
        try:
            yield
        finally:
            unit.outside = False

    patch.setattr(checkout.db, "outside_transaction", without_commit)


def chased_though_held(patch: Any) -> None:
    """Caring does not look whether something holds the due item, neither when it plans nor when it sends."""
    nobody = SimpleNamespace(item_is_silent=false, barred_among=lambda _due_on: set(), known=silence_queries.known)
    patch.setattr(reminder_queries, "silence", nobody)
    patch.setattr(silence_queries.Known, "of_item", lambda _known, _item_id: None)


def another_id_for_each_try(patch: Any) -> None:
    """A delivery's id changes with every try, so that its receiver cannot tell doubles (rule D-20)."""
    count = [0]

    def fresh(_event_id: int) -> str:
        count[0] += 1
        return f"{payloads.PREFIX}{count[0]:013d}"

    patch.setattr(payloads, "webhook_id", fresh)


def over_refund(patch: Any) -> None:
    """Nobody asks how much of a payment is left to pay back (rule B-12)."""
    patch.setattr(refunds, "why_not_refund", lambda *_, **__: None)


def reversal_wipes_part_payment(patch: Any) -> None:
    """A returned transfer opens the due item as if nothing had ever been paid on it, and the books let it."""
    reopen = reversing._Reversal.reopen

    def all_of_it(self: Any, shares: dict[int, int], *, into: str, kind: str) -> None:
        items = invoices.items(list(shares))
        whole = {item.item_id: (item.amount - item.open).minor for item in items if item.amount > item.open}
        reopen(self, whole, into=into, kind=kind)

    patch.setattr(reversing._Reversal, "reopen", all_of_it)
    patch.setattr(origins, "taken_on", _anything)


def statement_counts_twice(patch: Any) -> None:
    """A movement that came in another file before is not known again, nor taken for one that it may be."""
    patch.setattr(Known, "find", lambda _self, _one: None)
    patch.setattr(Twins, "find", lambda _self, _one: (None, False))


def reopened_twice(patch: Any) -> None:
    """What a reversal opens is booked again under another place, and the books let it."""
    reopen = reversing._Reversal.reopen

    def twice(self: Any, shares: dict[int, int], *, into: str, kind: str) -> None:
        for _ in range(2):
            reopen(self, shares, into=into, kind=kind)

    patch.setattr(reversing._Reversal, "reopen", twice)
    patch.setattr(origins, "taken_on", _anything)


def _anything(item_id: int, _origin: Source) -> origins.Held:
    return origins.Held({item_id: 10**12}, {item_id: 10**12})


def credit_stays_free(patch: Any) -> None:
    """Credit that was used, or went back, is still free for whoever asks next."""
    change = origins.change

    def only_up(debtor_id: int, origin: Source, by: Any) -> None:
        if by.minor > 0:
            change(debtor_id, origin, by)

    patch.setattr(origins, "change", only_up)


def shown_though_gone(patch: Any) -> None:
    """What was paid too much stays on its owner's page when its payment has gone back."""
    patch.setattr(overpayments, "follow", lambda _source: None)


def credit_without_a_path(patch: Any) -> None:
    """What a credit note leaves over is credit, and nobody is asked what to do with it."""
    patch.setattr(credit_notes, "waits", lambda _credit_note: True)


def credited_beside_its_note(patch: Any) -> None:
    """The credit note of a dispute that was credited before lowers the invoice once more."""
    patch.setattr(crediting, "cover", lambda note, _invoice_id: Money(0, note.currency))


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug, the invariants that may find it, and the acts among which it hides."""

    plant: Plant
    finders: frozenset[str]
    favours: dict[str, float]
    ending: bool = False  # whether it shows only in the end
    steps: int = 25


def _planted(plant: Plant, *finders: str, ending: bool = False, steps: int = 25, **favours: float) -> Planted:
    return Planted(plant, frozenset(finders), favours, ending, steps)


_PAYING = {"somebody_pays_by_card": 4.0}
_PAYING_IN_TROUBLE = {"somebody_pays_by_card": 8.0, "trouble": 3.0, "the_worker_works": 0.3}
_REFUNDING = {"somebody_pays_by_card": 4.0, "a_clerk_asks_for_a_refund": 12.0}
_OVERTAKING = {"somebody_pays_by_card": 4.0, "an_open_payment_is_overtaken": 12.0, "a_payer_acts_at_stripe": 0.2}
_RETURNING = {
    "somebody_makes_a_transfer": 6.0,
    "a_payers_bank_takes_it_back": 12.0,
    "a_bank_statement_is_brought_in": 4.0,
}
_TOO_MUCH = {**_RETURNING, "a_clerk_sees_to_what_was_too_much": 12.0, "the_worker_works": 3.0}
_HOLDING = {
    "somebody_announces_a_transfer": 8.0,
    "somebody_answers_about_receipt": 8.0,
    "periodic_work_runs": 4.0,
    "the_worker_works": 3.0,
    "a_creditor_imports_invoices": 4.0,
}
_PROMISING = {"somebody_names_a_day": 8.0, "somebody_is_as_good_as_their_word": 6.0, "periodic_work_runs": 3.0}
_SEARCHING = {"somebody_says_that_they_have_paid": 8.0, "somebody_is_as_good_as_their_word": 8.0}
_CARING = {"periodic_work_runs": 4.0, "the_worker_works": 4.0, "a_creditor_imports_invoices": 4.0}
_SPOKEN_FOR = "nobody_is_reminded_of_what_they_spoke_for"
_LAWFUL = "ours_leave_in_lawful_hours_and_only_where_nothing_holds"
PLANTED = (
    _planted(double_booking, "booked_is_what_stripe_received", **_PAYING),
    _planted(lost_event, "every_status_has_its_event", **_PAYING),
    _planted(lost_notice, "our_state_is_the_providers", "card_money_is_in_the_books", ending=True, **_PAYING),
    _planted(wrong_residual, "residual_is_debits_less_credits"),
    _planted(unexpired_checkout, "what_is_closed_here_is_closed_there", **_OVERTAKING),
    _planted(skipped_outbox, "what_waits_has_a_row"),
    _planted(cross_tenant_write, "rows_stay_with_their_creditor"),
    _planted(over_refund, "never_more_back_than_came", **_REFUNDING),
    _planted(
        reversal_wipes_part_payment,
        "a_movement_counts_for_what_it_is",
        "no_item_is_open_above_its_charges",
        **_RETURNING,
    ),
    _planted(statement_counts_twice, "each_movement_comes_once", "nothing_unexpected", **_RETURNING),
    _planted(reopened_twice, "no_item_is_open_above_its_charges", **_RETURNING),
    _planted(credit_stays_free, "credit_of_no_source_is_overdrawn", **_TOO_MUCH),
    _planted(shown_though_gone, "what_was_too_much_is_there", **_RETURNING),
    _planted(credit_without_a_path, "credit_has_a_path", a_creditor_imports_a_credit_note=12.0),
    _planted(
        credited_beside_its_note,
        "nothing_is_credited_twice",
        somebody_contests=12.0,
        a_clerk_closes_a_dispute=12.0,
        the_note_of_a_dispute_comes=12.0,
    ),
    _planted(sent_without_sending, "sent_is_a_fact", the_worker_works=3.0, trouble=3.0),
    _planted(revoked_link_opens, "revoked_links_open_nothing", a_clerk_revokes_a_link=6.0),
    _planted(at_any_hour, _LAWFUL),
    _planted(name_before_the_gate, "nothing_personal_before_the_gate"),
    _planted(fresh_key_for_each_try, "nobody_is_charged_twice", steps=40, **_PAYING_IN_TROUBLE),
    _planted(
        nothing_kept_before_the_call, "nobody_is_charged_twice", "no_page_breaks", death=4.0, **_PAYING_IN_TROUBLE
    ),
    _planted(chased_though_held, _LAWFUL, steps=60, **_HOLDING),
    _planted(another_id_for_each_try, "systems_hear_their_own"),
    _planted(
        voices.chased_in_difficulty,
        "nothing_of_ours_reaches_who_rests",
        steps=60,
        somebody_finds_it_hard=12.0,
        somebody_wants_to_hear_from_us_again=0.1,
        **_CARING,
    ),
    _planted(
        voices.silence_is_set_for_show,
        "nothing_of_ours_reaches_who_must_be_left_alone",
        steps=60,
        a_clerk_sets_a_silence=20.0,
        a_clerk_ends_a_silence=0.1,
        **_CARING,
    ),
    _planted(
        voices.asked_again_and_again,
        "nobody_is_asked_twice_within_ninety_days",
        ending=True,
        steps=30,
        some_hours_pass=6.0,
        somebody_is_as_good_as_their_word=6.0,
        somebody_names_a_day=4.0,
        periodic_work_runs=8.0,
        the_worker_works=2.0,
    ),
    _planted(voices.promised_and_chased, "what_was_spoken_for_rests", _SPOKEN_FOR, **_PROMISING),
    _planted(voices.rests_for_good, "only_what_was_spoken_for_rests", **_PROMISING),
    _planted(voices.searched_for_good, "nobody_looks_for_what_is_there", **_SEARCHING),
    _planted(
        voices.kept_by_late_money,
        "a_promise_is_what_the_books_say",
        steps=40,
        some_days_pass=4.0,
        **_PROMISING,
    ),
    _planted(
        voices.day_without_end,
        "no_day_passes_unnoticed",
        ending=True,
        **_PROMISING,
    ),
    _planted(
        voices.reopened_without_a_day,
        "every_open_case_has_its_next_step",
        a_clerk_ends_a_case=8.0,
        somebody_asks_a_question=8.0,
        somebody_writes_on=12.0,
    ),
    _planted(voices.difficulty_is_a_reason_like_others, "difficulty_stays_here", somebody_says_why=16.0),
    _planted(
        voices.rests_are_told,
        "difficulty_stays_here",
        "public_events_are_owed_once",
        somebody_finds_it_hard=12.0,
        the_worker_works=4.0,
    ),
    _planted(voices.booked_twice, "calls_do_not_collide", steps=60, somebody_books_a_call=16.0),
)
