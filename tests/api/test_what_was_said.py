"""What customers said and agreed: read by a system, answered in the name of who made its key."""

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.people import actions as people
from portal.people import queries as people_queries
from portal.people.roles import Role
from tests.api.conftest import System
from tests.factories.people import make_person
from tests.factories.world import Account
from tests.parallel import at_once
from tests.security.everything import Owner

_WRITTEN = ("+39 333 1234567", "333 1234567")


@pytest.fixture
def own(account: Account) -> Owner:
    return Owner(account)


def test_a_dispute_is_read_answered_and_closed(erp: System, own: Owner) -> None:
    place = f"/disputes/{ids.spell(own.id_of('dispute_id'))}"
    first = erp.get(place)
    assert (first.json["status"], first.json["words"], first.json["amount"]) == ("open", "Too dear", "7.00")
    assert erp.post(f"{place}/answer", {"words": "Please send the order."}).status_code == 428
    answered = erp.post(f"{place}/answer", {"words": "Please send the order."}, If_Match=first.headers["ETag"])
    assert answered.json["entries"] == [
        {"author": "staff", "words": "Please send the order.", "at": answered.json["entries"][0]["at"]}
    ]
    verdict = {"outcome": "partially_upheld", "words": "Two pieces less.", "upheld": "4.00", "credit": "here"}
    assert erp.post(f"{place}/close", verdict, If_Match=first.headers["ETag"]).status_code == 412
    closed = erp.post(f"{place}/close", verdict, If_Match=answered.headers["ETag"])
    assert (closed.json["status"], closed.json["upheld"]) == ("partially_upheld", "4.00")
    assert erp.post(f"{place}/answer", {"words": "x"}, If_Match="*").status_code == 409
    assert [one["status"] for one in erp.read("/disputes?under_way=false")["items"]] == ["partially_upheld"]
    assert erp.read("/disputes?under_way=true")["items"] == []


def test_of_many_answers_at_once_one_finds_what_it_read(erp: System, own: Owner) -> None:
    place = f"/disputes/{ids.spell(own.id_of('dispute_id'))}"
    tag = erp.get(place).headers["ETag"]
    outcomes = at_once(6, lambda _: erp.post(f"{place}/answer", {"words": "Hello"}, If_Match=tag).status_code)
    assert sorted(outcomes) == [200] + 5 * [412]
    assert len(erp.read(place)["entries"]) == 1


@pytest.mark.parametrize(
    "verdict",
    [
        {"outcome": "partially_upheld", "words": "x", "upheld": "7.00", "credit": "here"},
        {"outcome": "partially_upheld", "words": "x", "upheld": "1.005", "credit": "here"},
        {"outcome": "upheld", "words": "x"},
    ],
)
def test_a_verdict_that_does_not_fit_is_refused(erp: System, own: Owner, verdict: dict[str, str]) -> None:
    place = f"/disputes/{ids.spell(own.id_of('dispute_id'))}"
    assert erp.post(f"{place}/close", verdict, If_Match="*").status_code == 409
    assert erp.read(place)["status"] == "open"


def test_who_has_left_answers_nobody_through_their_key(erp: System, own: Owner) -> None:
    place = f"/disputes/{ids.spell(own.id_of('dispute_id'))}"
    colleague = make_person(own.creditor_id, Role.ADMIN)
    with db.transaction():
        scope.enter(own.creditor_id)
        place_here = people_queries.membership(erp.staff_id, own.creditor_id)
        assert place_here is not None
        people.end_access(place_here, by=colleague.staff_id)
    assert erp.post(f"{place}/answer", {"words": "Hello"}, If_Match="*").status_code == 409
    assert erp.read(place)["entries"] == []


def test_links_are_made_once_and_revoked(erp: System, account: Account) -> None:
    place = f"/debtors/{ids.spell(account.debtor_id)}/links"
    made = erp.post(place, {"contact_id": ids.spell(account.contact_id), "days": 10}).json
    assert made["address"].startswith("http://portal.test/l/")
    listed = erp.read(place)["items"]
    assert [one["link_id"] for one in listed] == [made["link_id"]]
    assert "address" not in listed[0]
    client = erp.app.test_client()
    path = made["address"].removeprefix("http://portal.test")
    assert client.get(path, base_url="http://portal.test").status_code == 303
    assert erp.post(f"{place}/{made['link_id']}/revoke").json["revoked_at"] is not None
    assert erp.app.test_client().get(path, base_url="http://portal.test").status_code == 404
    assert erp.post(place, {"days": 400}).status_code == 422
    assert erp.post(place, {"contact_id": ids.spell(ids.new_id())}).status_code == 404


def test_a_link_of_one_invoice_is_its_own_customers(erp: System, account: Account) -> None:
    invoice_id = ids.spell(account.add_invoice())
    place = f"/debtors/{ids.spell(account.debtor_id)}/links"
    assert erp.post(place, {"invoice_id": invoice_id}).json["invoice_id"] == invoice_id
    assert erp.post(place, {"invoice_id": ids.spell(ids.new_id())}).status_code == 404


def test_the_code_is_made_once_and_its_pictures_are_fetched(erp: System, account: Account) -> None:
    place = f"/invoices/{ids.spell(account.add_invoice())}"
    assert erp.get(f"{place}/code.svg").status_code == 404
    made = erp.post(f"{place}/code").json
    assert erp.post(f"{place}/code").json == made
    svg, png = erp.get(f"{place}/code.svg"), erp.get(f"{place}/code.png")
    assert svg.content_type.startswith("image/svg+xml")
    assert svg.get_data().startswith(b"<svg")
    assert png.content_type == "image/png"
    assert png.get_data().startswith(b"\x89PNG")
    assert made["svg"].endswith(f"{place}/code.svg")


def test_customers_come_in_and_their_addresses_are_added_and_stopped(erp: System) -> None:
    sent = {"debtors": [{"code": "C-9", "name": "Neri Srl", "email": "a@neri.example"}, {"email": "x@y.example"}]}
    results = erp.post("/debtors", sent).json["results"]
    assert [one["outcome"] for one in results] == ["created", "refused"]
    again = erp.post("/debtors", {"debtors": sent["debtors"][:1]}).json["results"]
    assert [one["outcome"] for one in again] == ["unchanged"]
    place = f"/debtors/{results[0]['debtor_id']}"
    assert [one["address"] for one in erp.read(place)["contacts"]] == ["a@neri.example"]
    added = erp.post(f"{place}/contacts", {"channel": "email", "address": "b@neri.example"}).json
    assert erp.post(f"{place}/contacts", {"channel": "email", "address": "nobody"}).status_code == 422
    assert erp.post(f"{place}/contacts", {"channel": "mobile", "address": "12"}).status_code == 422
    mobile = [erp.post(f"{place}/contacts", {"channel": "mobile", "address": one}).json for one in _WRITTEN]
    assert {one["address"] for one in mobile} == {"+393331234567"}
    told = [one["key"] for one in erp.read(f"/messages?debtor_id={results[0]['debtor_id']}")["items"]]
    assert told == ["contact_changed"] * 3, "once for the mail in use, twice for the two that were there by then"
    stopped = erp.post(f"{place}/contacts/{added['contact_id']}/stop").json
    assert stopped["stopped_why"] == "by_hand"
    assert erp.post(f"{place}/contacts", {"channel": "email", "address": "b@neri.example"}).status_code == 409
    assert erp.post(f"{place}/contacts/{ids.spell(ids.new_id())}/stop").status_code == 404
    assert [one["code"] for one in erp.read("/debtors?code=C-9")["items"]] == ["C-9"]


def test_events_are_fetched_in_order_and_none_is_missed(erp: System, own: Owner) -> None:
    own.id_of("dispute_id")
    seen: list[int] = []
    after = 0
    while True:
        page = erp.read(f"/events?after={after}")
        seen += [one["seq"] for one in page["items"]]
        after = page["next"]
        if not page["more"]:
            break
    with db.transaction(writes=False):
        scope.enter(own.creditor_id)
        rows = db.session().scalars(select(EventRow).order_by(EventRow.seq)).all()
    assert seen == sorted(set(seen))
    assert len(seen) > 3
    assert after == rows[-1].seq
    raised = erp.read("/events?type=dispute.raised")["items"][0]
    assert raised["data"]["debtor_code"] == "0042"
    assert raised["data"]["invoice_number"]
    assert raised["id"].startswith("msg_")
    assert erp.read(f"/events?after={after}") == {"items": [], "next": after, "more": False}


def test_changes_hold_each_invoice_once(erp: System, account: Account) -> None:
    """What has only come in is known to its system: a change is what happened since."""
    first, second = (ids.spell(account.add_invoice(number)) for number in ("1/2026", "2/2026"))
    began = erp.read("/changes")["next"]
    for one in (first, second):
        erp.post(f"/invoices/{one}/code")
        erp.post(f"/invoices/{one}/withdraw", If_Match="*")
    changes = erp.read(f"/changes?after={began}")
    assert [(one["number"], one["state"]) for one in changes["items"]] == [
        ("1/2026", "withdrawn"), ("2/2026", "withdrawn"),
    ]  # fmt: skip
    assert erp.read(f"/changes?after={changes['next']}")["items"] == []


def test_plans_promises_confirmations_and_messages_are_read(erp: System, own: Owner) -> None:
    plan_id, promise_id = ids.spell(own.id_of("plan_id")), ids.spell(own.id_of("promise_id"))
    whole = erp.get(f"/plans/{plan_id}")
    assert whole.headers["ETag"]
    assert sum(float(one["amount"]) for one in whole.json["instalments"]) == 400.0
    assert [one["plan_id"] for one in erp.read("/plans")["items"]] == [plan_id]
    assert erp.read("/plans?status=proposed")["items"] == []
    assert [one["promise_id"] for one in erp.read("/promises")["items"]] == [promise_id]
    own.id_of("answer_id")
    assert erp.read("/confirmations")["items"]
    own.id_of("message_id")
    messages = erp.read(f"/messages?debtor_id={ids.spell(own.account.debtor_id)}")["items"]
    assert messages
    assert "@" not in str(messages)
    assert erp.post(f"/plans/{plan_id}/approve", If_Match="*").status_code == 409


def test_figures_never_come_without_what_was_felt(erp: System, account: Account) -> None:
    account.add_invoice("1/2026", "100.00", due_in=-10)
    said = erp.read("/figures")
    assert said["figures"]["open_minor"] == 10000
    assert said["feedback"]["nps"] is None
    assert said["complaints"] == 0
    assert erp.read(f"/figures?as_of={clock.today().isoformat()}") == said
    assert erp.get("/figures?as_of=yesterday").status_code == 422
    assert erp.read("/feedback") == {"items": []}
