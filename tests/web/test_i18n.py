"""Which language is spoken, how it is chosen, and how days and money are written in it (pain 15, A-63)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.core import clock
from portal.core.money import Money, digits
from portal.core.text import t
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories.world import make_account

NBSP = "\u00a0"


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about pages, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


@pytest.fixture(autouse=True)
def italian_afterwards() -> None:
    i18n.use("it")


def spoken(browser: Debtor) -> str:
    return browser.text.split('<html lang="')[1].split('"')[0]


def test_italian_is_spoken_where_nothing_else_is_known(app: PortalFlask) -> None:
    browser = Debtor(app)
    for accepted in ("", "xx", "ja,zh;q=0.9", "*", "x" * 3000, "it;q=nonsense", "\u00e9"):
        browser.get("/genuine", headers={"Accept-Language": accepted})
        assert (browser.status, spoken(browser)) == (200, "it"), accepted[:10]


def test_else_what_the_browser_asks_for(app: PortalFlask) -> None:
    browser = Debtor(app)
    for accepted, language in (
        ("en", "en"), ("en-GB,en;q=0.9", "en"), ("pt,en;q=0.5", "en"), ("fr,en;q=0.5", "fr"), ("de-AT", "de"), ("it-IT", "it"), ("en;q=0.1,it;q=0.9", "it"),
    ):  # fmt: skip
        browser.get("/genuine", headers={"Accept-Language": accepted})
        assert spoken(browser) == language, accepted


def test_what_the_creditor_knows_outranks_the_browser_and_a_choice_outranks_both(app: PortalFlask) -> None:
    account = make_account(language="en")
    browser = Debtor(app)
    italian = {"Accept-Language": "it"}
    browser.enter(account.link(), account.fact)
    browser.get("/d/", headers=italian)
    assert spoken(browser) == "en"
    browser.get("/language/it", headers={"Referer": "http://portal.test/d/"})
    assert (browser.path, spoken(browser)) == ("/d/", "it")
    browser.get("/d/", headers={"Accept-Language": "en"})
    assert spoken(browser) == "it"


def test_a_choice_before_the_gate_holds_behind_it(app: PortalFlask) -> None:
    account = make_account(language="it")
    browser = Debtor(app)
    browser.get("/language/en")
    browser.get(account.link())
    assert spoken(browser) == "en"
    browser.submit("/gate", fact=account.fact)
    assert (browser.path, spoken(browser)) == ("/d/", "en")


def test_a_language_that_is_none_changes_nothing_and_breaks_nothing(app: PortalFlask) -> None:
    for code in ("xx", "EN", "en-GB", "en_US", "..", "e n", "en%00", "%F0%9F%87%AE", "x" * 2000, "../../it"):
        browser = Debtor(app)
        browser.get(f"/language/{code}")
        assert browser.status in {200, 403, 404}
        browser.get("/genuine")
        assert spoken(browser) == ("en" if code in {"EN", "en-GB", "en_US"} else "it"), code


ELSEWHERE = [
    None, "", "http://evil.example/", "https://evil.example/d/", "//evil.example/", "http://portal.test.evil.example/x",
    "http://portal.test@evil.example/x", "javascript:alert(1)", "http://portal.test//evil.example/", "/\\evil.example",
    "http://portal.test/language/en", "http://[", "http://[::1", "http://portal.test:x/", "data:text/html,x",
    "http://portal.test:81/x",
]  # fmt: skip


def test_choosing_a_language_leads_nowhere_else(app: PortalFlask) -> None:
    for referrer in ELSEWHERE:
        headers = {"Referer": referrer} if referrer is not None else {}
        answer = Debtor(app).get("/language/en", follow=False, headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), referrer


def test_choosing_a_language_leads_back_to_the_page(app: PortalFlask) -> None:
    answer = Debtor(app).get("/language/en", follow=False, headers={"Referer": "http://portal.test/d/pay?items[]=x"})
    assert answer.headers["Location"] == "/d/pay?items%5B%5D=x"


@pytest.mark.parametrize("code", sorted(i18n.languages()))
def test_the_first_page_speaks_the_language_of_the_message(app: PortalFlask, code: str) -> None:
    """Before the gate, at it, behind it, and where a link no longer opens: none waits for the visit to know it."""
    account = make_account(language=code)
    other = {"Accept-Language": "en" if code == "it" else "it"}
    browser = Debtor(app)
    link = account.link()
    browser.get(link, headers=other)
    assert (browser.path, spoken(browser)) == ("/gate", code)
    browser.get("/genuine", headers=other)
    assert spoken(browser) == code
    browser.get("/d/nothing-there", headers=other)
    assert (browser.status, spoken(browser)) == (404, code)
    with time_machine.travel(clock.now() + timedelta(days=400)):
        late = Debtor(app)
        late.get(link, headers=other)
        assert (late.path, spoken(late)) == ("/gate", code), "it explains itself in their language"


def test_amounts_are_written_as_the_reader_writes_them() -> None:
    for code, expected in (
        ("it", f"1.234,56{NBSP}€"), ("en", "€1,234.56"), ("de", f"1.234,56{NBSP}€"), ("fr", f"1\u202f234,56{NBSP}€"),
        ("es", f"1.234,56{NBSP}€"),
    ):  # fmt: skip
        i18n.use(code)
        assert i18n.money(Money(123456, "EUR")) == expected
    i18n.use("it")
    assert i18n.money(Money(-500, "EUR")) == f"-5,00{NBSP}€"
    assert i18n.money(Money(1234, "JPY")) == f"1.234{NBSP}JPY"
    assert i18n.money(Money(1234567, "KWD")) == f"1.234,567{NBSP}KWD"


@given(st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_cent_is_lost_in_writing(minor: int, currency: str) -> None:
    for code in i18n.languages():
        i18n.use(code)
        written = i18n.money(Money(minor, currency))
        assert " " not in written, "an amount is never broken over a line"
        figures = "".join(c for c in written if c.isdigit())
        assert int(figures) == abs(minor)
        assert ("-" in written) == (minor < 0)
        assert len(figures) > digits(currency)


def test_days_are_written_as_the_reader_writes_them() -> None:
    day = date(2027, 3, 5)
    i18n.use("it")
    assert (i18n.day(day), i18n.short_day(day)) == ("5 marzo 2027", "05/03/2027")
    i18n.use("en")
    assert i18n.day(day) == "5 March 2027"
    assert i18n.short_day(day) in {"5 Mar 2027", "Mar 5, 2027"}
    for code, long, short in (
        ("de", "5. März 2027", "05.03.2027"),
        ("fr", "5 mars 2027", "5 mars 2027"),
        ("es", "5 de marzo de 2027", "5 mar 2027"),
    ):
        i18n.use(code)
        assert (i18n.day(day), i18n.short_day(day)) == (long, short)


def test_a_moment_is_the_time_on_the_creditors_clock() -> None:
    i18n.use("it")
    summer, winter = datetime(2027, 7, 1, 22, 30, tzinfo=UTC), datetime(2027, 1, 1, 23, 30, tzinfo=UTC)
    assert i18n.moment(summer) == "2 luglio 2027, 00:30"
    assert i18n.moment(winter) == "2 gennaio 2027, 00:30"
    assert i18n.clock_time(winter, "America/New_York") == "18:30"


def test_a_sentence_is_said_in_the_current_language_or_in_the_one_asked_for() -> None:
    sentence = t("Leave")
    i18n.use("en")
    english = i18n.say(sentence)
    assert english == "Leave"
    assert i18n.say(sentence, "it") != english
    assert i18n.say(sentence, "xx") == i18n.say(sentence, "it")
    assert i18n.say("as it is") == "as it is"


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("it", "it"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        ("xx", None),
        ("", None),
        (None, None),
        (5, None),
        (["it"], None),
    ],
)
def test_a_code_is_known_or_it_is_not(code: object, known: str | None) -> None:
    assert i18n.known(code) == known


def test_every_language_has_a_name_of_its_own() -> None:
    names = {code: one.own_name for code, one in i18n.languages().items()}
    assert names["it"] == "Italiano"
    assert names["en"] == "English"
    assert next(iter(names)) == "it"


def test_one_readers_language_is_not_anothers(app: PortalFlask) -> None:
    one, other = Debtor(app), Debtor(app)
    one.get("/language/en")
    for browser, code in ((one, "en"), (other, "it"), (one, "en"), (other, "it")):
        browser.get("/genuine")
        assert spoken(browser) == code
