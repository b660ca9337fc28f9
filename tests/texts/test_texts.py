"""A creditor's own words: written through the tone gate, tried, sent, set aside, taken back, in versions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core import jobs as portal_jobs
from portal.core.errors import NotAllowedNow
from portal.creditors.versions import Overtaken
from portal.debtors import links
from portal.doubles.mailbox import Mailbox
from portal.inbox import stories
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.messages import hearing, jobs, levels, tone
from portal.messages import rules as message_rules
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.people.models import StaffMail
from portal.people.roles import Role
from portal.reminders.models import Touch
from portal.texts import actions, queries, results, slots
from portal.texts.models import OwnText
from portal.texts.rules import Share
from portal.texts.slots import Slot
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories import messages as factory
from tests.factories.people import make_person, signed_in
from tests.factories.world import Account, make_account, make_creditor

assert jobs.send
MAIL = Slot(levels.REMINDER_GENTLE, slots.EMAIL, "business", "it")
TEXT = Slot(levels.REMINDER_GENTLE, slots.SMS, "business", "it")
WORDS = {
    tone.SUBJECT: "Ci sentiamo? {creditor}",
    tone.PREHEADER: "Basta un minuto.",
    tone.BODY: "da noi c'è ancora {documents}.\n\nQualcosa non va? Ci chiami al {phone}.",
}
PAGE = "/c/settings/texts"


@pytest.fixture
def mailbox(app: PortalFlask) -> Any:
    assert app
    with Mailbox() as running:
        factory.relay_through(running)
        yield running


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def write(account: Account, slot: Slot = MAIL, words: dict[str, str] = WORDS, after: int = 0) -> Any:
    return within(account, lambda: actions.write(slot, words, by=None, after=after))


def sent(account: Account, slot: Slot = MAIL) -> Message:
    return factory.sent(account, slot.key, language=slot.language)


def kind(account: Account) -> str:
    return str(within(account, lambda: queries.kind_of(account.debtor_id)))


@pytest.fixture
def account(mailbox: Mailbox) -> Account:
    assert mailbox
    made = make_account()
    made.add_invoice("a", due_in=-4)
    return made


def of_kind(account: Account, slot: Slot = MAIL) -> Slot:
    return Slot(slot.key, slot.channel, kind(account), slot.language)


def test_own_words_go_in_their_frame_and_the_message_remembers_the_version(account: Account) -> None:
    row = write(account, of_kind(account))
    message = sent(account)
    assert message.subject == "Ci sentiamo? Rossi Impianti"
    assert "da noi c'è ancora un documento.\n\nQualcosa non va? Ci chiami al +39 051 0000001." in (
        message.text_body or ""
    )
    assert "Basta un minuto." in (message.html_body or "")
    assert (message.html_body or "").count("{link:") == 3, "the frame's one link, as in every mail"
    assert message.own_text_id == row.id


def test_other_levels_languages_and_kinds_keep_the_portals_own(account: Account) -> None:
    here = of_kind(account)
    other = "business" if here.segment == "consumer" else "consumer"
    write(account, Slot(here.key, here.channel, other, "it"))
    write(account, Slot(here.key, here.channel, here.segment, "en"))
    write(account, Slot(levels.BEFORE_LEGAL, here.channel, here.segment, "it"))
    message = sent(account)
    assert message.subject == "Una domanda di Rossi Impianti per lei"
    assert message.own_text_id is None


def test_words_that_may_not_leave_any_more_are_set_aside_and_said_once(account: Account) -> None:
    admin = make_person(account.creditor_id, Role.ADMIN, "anna@rossi.example", "Anna Qui")
    make_person(account.creditor_id, Role.AGENT, "ugo@rossi.example", "Ugo Qui")
    write(account, of_kind(account))
    bad = {**WORDS, tone.BODY: "Il tribunale decide."}

    def spoil() -> None:
        held = db.session().scalars(select(OwnText)).one()
        held.words = bad

    within(account, spoil)
    for _ in range(2):
        message = sent(account)
        assert message.subject == "Una domanda di Rossi Impianti per lei"
        assert message.own_text_id is None
    assert factory.event_names(account, "own_text") == ["own_text.written", "own_text.set_aside"]
    told = within(account, lambda: list(db.session().scalars(select(StaffMail))))
    assert [(one.key, one.staff_id) for one in told] == [("words_set_aside", admin.staff_id)]


def test_going_back_keeps_what_was_written(account: Account) -> None:
    here = of_kind(account)
    write(account, here)
    write(account, here, {}, after=1)
    assert sent(account).own_text_id is None
    assert within(account, lambda: queries.numbered(here, 1).words) == WORDS
    assert [one.number for one in within(account, lambda: queries.history(here))] == [2, 1]
    assert factory.event_names(account, "own_text") == ["own_text.written", "own_text.left"]
    assert write(account, here, {}, after=2) is None


def test_two_people_at_once_and_words_that_are_refused(account: Account) -> None:
    write(account)
    with pytest.raises(Overtaken):
        write(account, MAIL, {**WORDS, tone.SUBJECT: "Altro"}, after=0)
    with pytest.raises(NotAllowedNow):
        write(account, MAIL, {**WORDS, tone.SUBJECT: "Sollecito"}, after=1)
    with pytest.raises(NotAllowedNow):
        write(account, MAIL, {tone.SUBJECT: "Ciao"}, after=1)
    assert write(account, MAIL, WORDS, after=1) is None, "nothing was different"


def test_a_text_message_and_a_letter_in_own_words(app: PortalFlask, account: Account) -> None:
    here = of_kind(account, TEXT)
    write(account, here, {tone.SMS: "{creditor}: ci sono {documents}. {link}"})
    browser = signed_in(app, account.creditor_id, Role.ADMIN)
    browser.get(f"{PAGE}/{here}")
    assert "Rossi Impianti: ci sono un documento. http://portal.test/l/AAA" in browser.text
    assert "GSM-7" in browser.text
    letter = Slot(here.key, slots.LETTER, here.segment, "it")
    write(account, letter, {tone.LETTER: "da noi c'è {documents}.\n\nCi chiami."})
    browser.get(f"{PAGE}/{letter}")
    assert "da noi c&#39;è un documento.\n\nCi chiami." in browser.text


def opened(app: PortalFlask, account: Account) -> Any:
    browser = signed_in(app, account.creditor_id, Role.ADMIN)
    browser.get(f"{PAGE}/{of_kind(account)}")
    return browser


def test_the_page_writes_a_version_and_goes_back(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    address = f"{PAGE}/{of_kind(account)}"
    browser.submit(address, **WORDS)
    assert "Version 1 holds from now on." in browser.text
    browser.get(PAGE)
    assert "Yours, version 1" in browser.text
    browser.get(address)
    browser.submit(f"{address}/reset", after="1")
    assert "own words go from now on" in browser.text
    browser.get(f"{address}?version=1")
    assert "Ci sentiamo?" in browser.text
    assert browser.get(f"{address}?version=7").status_code == 404
    assert browser.get(f"{PAGE}/caring-fax-business-it").status_code == 404


def test_what_may_not_leave_is_said_beside_its_field_and_nothing_is_lost(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    address = f"{PAGE}/{of_kind(account)}"
    browser.submit(address, **{**WORDS, tone.BODY: "Il Tribun\u200bale decide. <b>Ora</b>."})
    assert browser.status == 422
    assert "No threat and no word of the law" in browser.text
    assert "no HTML" in browser.text
    assert "Ci sentiamo? {creditor}" in browser.text
    assert "&lt;b&gt;Ora&lt;/b&gt;" in browser.text
    assert within(account, lambda: queries.newest(of_kind(account))) is None
    browser.submit(address, **{**WORDS, tone.SUBJECT: ""})
    assert browser.status == 422
    assert "Please write something here." in browser.text


def tried(browser: Any, address: str, words: dict[str, str]) -> None:
    """Presses the second button of the form."""
    browser.post(f"{address}/preview", {**browser.form(address).fields, **words})


def test_a_preview_keeps_nothing_and_shows_real_customers(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    address = f"{PAGE}/{of_kind(account)}"
    tried(browser, address, WORDS)
    assert browser.status == 200
    assert "Ci sentiamo? Rossi Impianti" in browser.text
    assert "Easy to read" in browser.text
    assert within(account, lambda: queries.newest(of_kind(account))) is None
    tried(browser, address, {**WORDS, tone.SUBJECT: "Sollecito"})
    assert browser.status == 200
    assert "What cannot leave like this" in browser.text


def test_who_was_overtaken_loses_nothing(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    here = of_kind(account)
    write(account, here, {**WORDS, tone.SUBJECT: "Del collega"})
    browser.submit(f"{PAGE}/{here}", **WORDS, after="0")
    assert browser.status == 409
    assert "Somebody else has changed this meanwhile" in browser.text
    assert "Ci sentiamo?" in browser.text


def test_only_one_s_own_words_and_customers(app: PortalFlask, account: Account) -> None:
    write(account, of_kind(account))
    other = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    other.get(f"{PAGE}/{of_kind(account)}")
    assert "Ci sentiamo?" not in other.text
    assert "nobody to try it on" in other.text
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    assert agent.get(PAGE).status_code == 403


OTHER = {**WORDS, tone.SUBJECT: "Una riga da {creditor}"}


def in_both(account: Account, *, after: int = 0) -> OwnText:
    here = of_kind(account)
    written = within(account, lambda: actions.write(here, WORDS, by=None, after=after, second=OTHER))
    assert isinstance(written, OwnText)
    return written


def test_of_two_wordings_each_customer_gets_one_and_always_the_same(account: Account) -> None:
    row = in_both(account)
    first, again = sent(account), sent(account)
    assert first.own_text_id == again.own_text_id == row.id
    assert first.wording in {"a", "b"}
    assert again.wording == first.wording
    wanted = "Ci sentiamo? Rossi Impianti" if first.wording == "a" else "Una riga da Rossi Impianti"
    assert first.subject == again.subject == wanted


def test_a_second_wording_passes_the_gate_too(account: Account) -> None:
    here = of_kind(account)
    bad = {**OTHER, tone.BODY: "Il tribunale decide."}
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.write(here, WORDS, by=None, after=0, second=bad))
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.write(here, {}, by=None, after=0, second=OTHER))


def test_results_count_what_each_wording_did(app: PortalFlask, account: Account) -> None:
    """One message: opened behind the gate, stopped by its reader, and its document paid within the month."""
    row = in_both(account)
    message_id = factory.plan(account, MAIL.key)
    (item,) = within(account, lambda: invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[0]))

    def touch() -> None:
        held = Touch(
            id=ids.new_id(), debtor_id=account.debtor_id, due_item_id=item.item_id, level=MAIL.key,
            medium="message", because="as_planned", policy_number=0, message_id=message_id, planned_at=clock.now(), at=clock.now(),
        )  # fmt: skip
        db.session().add(held)

    within(account, touch)
    portal_jobs.work_off()
    message = factory.message(account, message_id)
    side = message.wording or ""
    fetched = Browser(app)
    fetched.get(within(account, lambda: links.address(message.link_id or 0)))
    before = within(account, lambda: results.of(row.id))[side]
    assert (before.sent, before.opened) == (1, Share(0, 1)), "a scanner fetches, and opens nothing"
    reader = Debtor(app)
    reader.enter(within(account, lambda: links.address(message.link_id or 0)), account.fact)
    within(account, lambda: ledger_settle(item))
    report = Heard(message_id, message_rules.COMPLAINED, None)
    within(account, lambda: hearing.hear(db.session().get_one(Message, message_id), report, "test"))
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        both = within(account, lambda: results.of(row.id))
    found, other = both[side], both["b" if side == "a" else "a"]
    assert (found.opened, found.paid, found.days) == (Share(1, 1), Share(1, 1), 0)
    assert (found.acted, found.stopped) == (Share(0, 1), Share(1, 1)), "a complaint to the mail provider is one to us"
    assert (other.sent, other.opened, other.days) == (0, Share(0, 0), None)


def ledger_settle(item: Any) -> None:
    invoices.settle_item(
        item, item.open, account=accounts.BANK, kind="payment", source=ledger.Source("test", 1),
        value_on=clock.today(),
    )  # fmt: skip


def test_what_counts_as_an_act_is_an_event_that_exists() -> None:
    assert set(results.ACTS) | set(results.STOPS) <= set(stories.STORIES)


def test_the_page_takes_two_wordings_and_says_when_it_is_too_early(app: PortalFlask, account: Account) -> None:
    browser = opened(app, account)
    address = f"{PAGE}/{of_kind(account)}"
    second = {f"{part}-b": words for part, words in OTHER.items()}
    browser.submit(address, **WORDS, **{**second, "subject-b": ""})
    assert browser.status == 422
    browser.submit(address, **WORDS, **{**second, "body-b": "Il tribunale decide."})
    assert browser.status == 422
    assert "Una riga da {creditor}" in browser.text
    browser.submit(address, **WORDS, **second)
    assert "Version 1 holds from now on." in browser.text
    assert "Too early to say" in browser.text
    assert "the second wording" in browser.text
    assert "Una riga da Rossi Impianti" in browser.text
    sent(account)
    browser.get(address)
    assert "0 of 1 (0–79 %)" in browser.text


def test_every_place_has_its_own_address() -> None:
    every = list(slots.every(i18n.languages()))
    assert len({str(one) for one in every}) == len(every) == len(levels.KEYS) * 3 * 2 * len(i18n.languages())
    for one in every:
        assert slots.read(str(one), i18n.languages()) == one
