"""Listening: no score below thirty, nothing of a part below ten, no name beside a number; comments, tags, changes."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.creditors import queries as creditors
from portal.messages.models import Message
from portal.people.roles import Role
from portal.silence import actions as silence
from portal.surveys import improving, policies, showing
from portal.surveys import themes as found_in
from portal.surveys.models import Answer, AnswerTheme, Improvement, Survey
from portal.surveys.nps import Tally
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, sign_in
from tests.factories.world import Account, make_account
from tests.surveys.test_asking import within
from tests.surveys.world import Heard


@pytest.fixture
def account(app: PortalFlask, clocks: Any, mailbox: Any) -> Account:
    return make_account()


@pytest.fixture
def manager(app: PortalFlask, account: Account) -> Browser:
    return sign_in(app, make_person(account.creditor_id, Role.MANAGER, "capo@rossi.example"))


def text(browser: Browser, path: str) -> str:
    browser.get(path)
    assert browser.status == 200, browser.text[:500]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.text))


def hear(account: Account, scores: list[int], **values: Any) -> None:
    heard = Heard(account)
    for score in scores:
        heard.asked(score, days_ago=5, **values)


def test_nothing_is_shown_before_there_are_enough(account: Account, manager: Browser) -> None:
    assert "Nobody has been asked yet" in text(manager, "/c/feedback")
    hear(account, [10] * 9)
    assert "fewer than 10" in text(manager, "/c/feedback")
    hear(account, [10] * 3)
    assert "12 of 30" in text(manager, "/c/feedback")
    hear(account, [10] * 3 + [8] * 9 + [0] * 6)
    shown = text(manager, "/c/feedback")
    assert "30" in shown
    assert "between 1 and 54" in shown
    assert "100 %" in shown


def test_parts_below_ten_are_hidden_and_cannot_be_reckoned(account: Account, manager: Browser) -> None:
    hear(account, [10] * 40, outcome="paid")
    hear(account, [0] * 32, outcome="call")
    hear(account, [5] * 2, outcome="nothing")
    shown = text(manager, "/c/feedback?by=outcome")
    row = shown[shown.rindex("By what had happened") :]
    assert "100" in row
    assert row.count("fewer than 10") == 2, "the smallest of the others goes with it"


def test_months_are_put_together_until_there_are_enough() -> None:
    months = {
        (2026, 3): Tally(20, asked=30),
        (2026, 4): Tally(15, asked=20),
        (2026, 6): Tally(40),
        (2026, 7): Tally(2),
    }
    assert showing.stretches(months) == [
        ((2026, 3), (2026, 4), Tally(35, asked=50)), ((2026, 6), (2026, 7), Tally(42)),
    ], "the total less the first two would say what two people said"  # fmt: skip
    assert showing.stretches({**months, (2026, 7): Tally(12)})[-1] == ((2026, 7), (2026, 7), Tally(12))
    assert showing.stretches({**months, (2026, 7): Tally(asked=3)})[-1][2] == Tally(asked=3)


def test_hiding() -> None:
    few, many, more = Tally(2, asked=2), Tally(15, asked=15), Tally(30, asked=40)
    assert showing.parts({1: few, 2: many, 3: more})[2].tally is None
    assert showing.parts({1: few, 2: many, 3: more})[3].nps is not None
    assert showing.parts({1: Tally(asked=3), 2: many})[2].tally == many, "of nobody there is nothing to make out"
    assert showing.parts({1: Tally(6, asked=6), 2: Tally(7, asked=7), 3: more})[3].tally == more
    assert showing.shown(many).nps is None


def test_no_choice_less_another_says_what_one_person_said(account: Account, manager: Browser) -> None:
    hear(account, [10] * 30, segment="business")
    assert "so few" not in text(manager, "/c/feedback?segment=business"), "nobody is left out"
    hear(account, [0], segment="consumer")
    shown = text(manager, "/c/feedback?segment=business")
    assert "leaves out so few" in shown
    assert "between" not in shown
    rows = manager.get("/c/feedback.csv?segment=business").get_data(as_text=True).splitlines()
    assert rows[1:] == ["all;;;;;;"]
    assert "so few" not in text(manager, "/c/feedback")
    hear(account, [5] * 9, segment="consumer")
    assert "so few" not in text(manager, "/c/feedback?segment=business")


def test_a_part_that_a_choice_nearly_fills_is_hidden_with_another(account: Account, manager: Browser) -> None:
    hear(account, [10] * 30, outcome="paid")
    hear(account, [10] * 40, outcome="call")
    hear(account, [10] * 50, outcome="nothing")
    hear(account, [0], outcome="paid", segment="consumer")
    hear(account, [0] * 12, outcome="call", segment="consumer")
    shown = text(manager, "/c/feedback?segment=business&by=outcome")
    assert shown[shown.rindex("By what had happened") :].count("fewer than 10") == 2


@pytest.mark.parametrize("dimension", ["agency", "operator", "phase", "channel", "version", "outcome", "segment"])
def test_every_comparison_opens(account: Account, manager: Browser, dimension: str) -> None:
    hear(account, [10] * 31, touch_key="caring", phase="before")
    assert "100" in text(manager, f"/c/feedback?by={dimension}&days=90")


def test_a_change_is_said_in_words() -> None:
    calm = Tally(50, 30, 20), Tally(60, 25, 15)
    assert "No significant change" in str(showing.change(*calm))
    assert "Better" in str(showing.change(Tally(500, 300, 200), Tally(600, 250, 150)))
    assert "Worse" in str(showing.change(Tally(600, 250, 150), Tally(500, 300, 200)))
    assert showing.change(Tally(10), Tally(50)) is None


def test_the_file_has_the_same_gaps(account: Account, manager: Browser) -> None:
    hear(account, [10] * 20 + [0] * 20)
    hear(account, [3], outcome="call", organisation_id=None)
    answer = manager.get("/c/feedback.csv")
    rows = [line.split(";") for line in answer.get_data(as_text=True).lstrip("\ufeff").splitlines()]
    assert rows[1][:5] == ["all", "", "41", "41", "-2.44"]
    assert ["outcome", "They have paid", "", "", "", "", ""] in rows
    assert next(row for row in rows if row[0] == "segment")[:4] == ["segment", "Businesses", "41", "41"]


def others_answered(account: Account, count: int = 9, first: int = 0) -> None:
    """So many more customers, so that words do not tell whose they are."""
    creditor = within(account, creditors.in_scope)
    for number in range(first, first + count):
        other = make_account(creditor, f"O{number}", vat_number=f"IT0009{number:07d}")
        Heard(account).asked(9, debtor_id=other.debtor_id)


def test_words_of_few_are_not_read(account: Account, manager: Browser) -> None:
    others_answered(account, 8)
    Heard(account).asked(2, answer_words="Nessuno risponde")
    Heard(account).asked(1, answer_words="Ancora nessuno")
    assert "Nessuno risponde" not in text(manager, "/c/feedback/comments?see=1")
    assert "Comments can be read once 10 customers have answered" in text(manager, "/c/feedback/comments")
    assert "not happy" not in text(manager, "/c/feedback").lower()
    assert "Not happy" not in text(manager, "/c/")
    (answer_id,) = within(account, lambda: db.session().scalars(select(Answer.id).where(Answer.score == 1)).all())
    typed = {"csrf_token": manager.csrf(), "command_id": ids.spell(ids.new_id())}
    manager.post(f"/c/feedback/comments/{ids.spell(answer_id)}/seen", typed)
    assert manager.status == 404
    others_answered(account, 1, first=9)
    assert "Nessuno risponde" in text(manager, "/c/feedback/comments?see=1")
    assert "Not happy: nobody has looked" in text(manager, "/c/")


def test_comments_without_a_name_and_without_a_number(account: Account, manager: Browser) -> None:
    others_answered(account)
    heard = Heard(account)
    heard.asked(2, answer_words="Nessuno risponde, e sono in difficoltà economica")
    heard.asked(10, answer_words="Molto gentili")
    shown = text(manager, "/c/feedback/comments")
    assert "Nessuno risponde" in shown
    assert "Perhaps in difficulty" in shown
    assert "Bianchi" not in shown
    assert text(manager, "/c/feedback/comments?q=GENTILI").count("Molto gentili") == 1
    assert "Nessuno risponde" not in text(manager, "/c/feedback/comments?q=gentili")
    assert "Molto gentili" not in text(manager, "/c/feedback/comments?see=1")
    assert "One comment of somebody who was not happy" in text(manager, "/c/feedback")
    manager.get("/c/feedback/comments?see=1")
    see = re.search(r'action="(/c/feedback/comments/[^"]+/seen)"', manager.text)
    assert see
    manager.submit(see[1])
    assert "Nessuno risponde" not in text(manager, "/c/feedback/comments?see=1")
    within(account, lambda: policies.write(policies.Version(soften=False), by=None, after=0))
    assert "Perhaps in difficulty" not in text(manager, "/c/feedback/comments")


def test_a_tag_of_ones_own(account: Account, manager: Browser) -> None:
    others_answered(account)
    Heard(account).asked(2, answer_words="Il corriere è sparito")
    manager.get("/c/feedback/comments")
    tag = re.search(r'action="(/c/feedback/comments/[^"]+/tag)"', manager.text)
    assert tag
    manager.submit(tag[1], tag="Corriere")
    manager.get("/c/feedback/comments")
    manager.submit(tag[1], tag="<b>")
    assert manager.status == 422
    assert "Il corriere" in text(manager, "/c/feedback/comments?theme=corriere")
    kept = within(account, lambda: list(db.session().scalars(select(AnswerTheme))))
    assert [(one.theme, one.found) for one in kept] == [("corriere", None)]


def test_what_was_changed_is_told_to_who_asked_for_it(account: Account, manager: Browser, clocks: Any) -> None:
    survey_id = Heard(account).asked(2, answer_words="Nessuno risponde")

    def theme() -> None:
        answer = db.session().scalars(select(Answer).where(Answer.survey_id == survey_id)).one()
        db.session().add(
            AnswerTheme(id=1, debtor_id=account.debtor_id, answer_id=answer.id, theme="reaching", found="risponde")
        )

    within(account, theme)
    manager.get("/c/feedback/changes")
    manager.submit("/c/feedback/changes", words="Vi manderemo l'avvocato", theme="reaching", tell="yes")
    assert manager.status == 422
    assert "avvocato" in manager.text
    manager.submit(
        "/c/feedback/changes", words="Ora rispondiamo fino alle 19.", theme="reaching", tell="yes", public="yes"
    )
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Improvement.told)).one() == 1
        message = session.scalars(select(Message)).one()
        assert (message.key, message.asked_for, message.status) == ("survey_improved", False, "sent")
        assert "Ora rispondiamo fino alle 19." in (message.text_body or "")
    assert "Ora rispondiamo" in text(manager, "/c/feedback/changes")


def test_the_settings_come_in_versions(account: Account, manager: Browser) -> None:
    manager.get("/c/settings/surveys")
    manager.submit("/c/settings/surveys", question="yes_no", own_it="Puntuali?", own_en="")
    assert manager.status == 422
    assert "Puntuali?" in manager.text
    manager.submit("/c/settings/surveys", question="yes_no", own_it="Puntuali?", own_en="On time?", nothing_days="20")
    now = within(account, policies.current)
    assert (now.number, now.question, now.own, now.nothing_days) == (
        1, "yes_no", {"it": "Puntuali?", "en": "On time?"}, 20,
    )  # fmt: skip


def test_an_interview_keeps_its_source_and_who_asked(account: Account, app: PortalFlask, clocks: Any) -> None:
    agent = make_person(account.creditor_id, Role.AGENT, "anna@rossi.example")
    browser = sign_in(app, agent)
    browser.get(f"/c/debtors/{_spelled(account)}/interview")
    assert "Buongiorno, chiamo per Rossi Impianti" in browser.text
    browser.submit(f"/c/debtors/{_spelled(account)}/interview", words="Bene")
    assert browser.status == 422
    browser.submit(f"/c/debtors/{_spelled(account)}/interview", score="8", words="Bene", mark="4")
    (survey,) = within(account, lambda: list(db.session().scalars(select(Survey))))
    (answer,) = within(account, lambda: list(db.session().scalars(select(Answer))))
    assert (survey.outcome, survey.channel, survey.status, survey.staff_id) == (
        "call",
        "phone",
        "answered",
        agent.staff_id,
    )
    assert (answer.score, answer.source, answer.interviewer_id) == (8, "phone", agent.staff_id)
    browser.get(f"/c/debtors/{_spelled(account)}/interview")
    assert "in the last three months" in browser.text
    assert 'name="score"' not in browser.text


def _spelled(account: Account) -> str:
    return ids.spell(account.debtor_id)


def test_who_rests_is_not_counted_as_told(account: Account, clocks: Any) -> None:
    survey_id = Heard(account).asked(2, answer_words="Nessuno risponde")
    who = make_person(account.creditor_id, email="capo@rossi.example").staff_id

    def theme_and_change() -> None:
        answer = db.session().scalars(select(Answer).where(Answer.survey_id == survey_id)).one()
        db.session().add(AnswerTheme(id=1, debtor_id=account.debtor_id, answer_id=answer.id, theme="reaching"))
        silence.begin(account.debtor_id, silence.Wanted("by_us"), who)
        improving.improve(clock.today(), "Ora sì.", theme="reaching", is_public=False, tell=True, by=who)

    within(account, theme_and_change)
    jobs.work_off()
    assert within(account, lambda: db.session().scalars(select(Improvement.told)).one()) == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Siete stati gentilissimi", {"tone": "gentilissimi"}),
        ("Non si   capisce niente", {"clarity": "Non si capisce"}),
        ("You were very POLITE, but slow", {"tone": "POLITE", "speed": "slow"}),
        ("Niente da dire", {}),
    ],
)
def test_themes_quote_the_words_they_go_by(words: str, expected: dict[str, str]) -> None:
    assert {one.key: one.words for one in found_in.find(words)} == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Ho perso il lavoro", "difficulty"),
        ("Mi ero dimenticato, scusate", "taking_time"),
        ("Ho perso il lavoro, pago appena posso", "uncertain"),
        ("Tutto bene", None),
    ],
)
def test_in_difficulty_or_taking_time(words: str, expected: str | None) -> None:
    found = found_in.state(words)
    assert (found.key if found is not None else None) == expected
    assert found is None or found.words
