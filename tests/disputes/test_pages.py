"""A dispute in the pages of both sides: no more steps than paying, nothing chosen beforehand, told at each step."""

import io
import re

import pytest
from sqlalchemy import select, update

from portal.cases.models import Case, CaseFile
from portal.core import db, ids, scope
from portal.disputes.models import Dispute, DisputeLine
from portal.documents import store
from portal.invoices.models import Hold, Invoice
from portal.messages.models import Message
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor, forms_of
from tests.factories.evidence import pdf, photo
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronica xmlns:p="x"><FatturaElettronicaBody>
<DatiGenerali><DatiGeneraliDocumento><Numero>128/2026</Numero></DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi>
<DettaglioLinee><Descrizione>Caldaia</Descrizione><PrezzoTotale>700.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee>
<DettaglioLinee><Descrizione>&lt;b&gt;Ore</Descrizione><PrezzoTotale>240.00</PrezzoTotale><AliquotaIVA>22</AliquotaIVA></DettaglioLinee>
</DatiBeniServizi></FatturaElettronicaBody></p:FatturaElettronica>"""


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice("128/2026", "1146.80", due_in=-4)
    with db.transaction():
        scope.enter(made.creditor_id)
        file = store.keep(XML, "a.xml", "application/xml")
        db.session().execute(update(Invoice).values(file_id=file.id))
    return made


@pytest.fixture
def inside(account: Account, debtor: Debtor) -> Debtor:
    debtor.enter(account.link(), account.fact)
    debtor.get("/language/en")
    return debtor


def rows(account: Account, model: type) -> list:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(model).order_by(model.id)))


def form_page(browser: Debtor) -> None:
    """From the first page: as many steps as to the page that pays."""
    browser.get("/d/")
    road = next(part for part in browser.text.split('"') if part.endswith("/dispute"))
    browser.get(road)


def contest(browser: Debtor, **typed: object) -> None:
    form_page(browser)
    browser.submit("/dispute", **typed)


def test_nothing_is_chosen_beforehand_and_what_is_missing_is_said(account: Account, inside: Debtor) -> None:
    form_page(inside)
    (form,) = [one for one in forms_of(inside.text) if one.action.endswith("/dispute")]
    assert not form.fields.get("about")
    assert not form.fields.get("reason")
    assert "checked" not in inside.text
    assert "answers you by" in inside.text
    inside.submit("/dispute", words="Too many hours")
    assert inside.status == 422
    assert "Too many hours" in inside.text
    assert 'id="reason-error"' in inside.text
    inside.submit("/dispute", reason="price", about="amount", amount="5000")
    assert inside.status == 422
    inside.submit("/dispute", reason="other", about="whole", words="", **{"files[]": (io.BytesIO(photo()), "a.jpg")})
    assert inside.status == 422
    assert "once more" in inside.text, "the files have to be chosen again, and that is said"
    assert rows(account, Dispute) == []


def test_lines_with_evidence_hold_only_so_much_and_the_rest_is_one_button_away(
    account: Account, inside: Debtor
) -> None:
    files = [(io.BytesIO(photo()), "../../etc/<script>.php"), (io.BytesIO(pdf()), "a.pdf")]
    contest(
        inside, reason="quantity", about="lines", words="<b>Four</b>, not six", **{"lines[]": "2", "files[]": files}
    )
    assert inside.status == 200
    assert inside.path.startswith("/d/cases/")
    (dispute,), (hold,) = rows(account, Dispute), rows(account, Hold)
    assert (dispute.amount_minor, dispute.category, hold.amount_minor, hold.reason) == (
        29280,
        "technical",
        29280,
        "dispute",
    )
    assert [line.description for line in rows(account, DisputeLine)] == ["<b>Ore"]
    assert "&lt;b&gt;Four" in inside.text
    assert "<b>Four" not in inside.text
    assert "script" not in " ".join(one.name for one in rows(account, CaseFile))
    (case,) = rows(account, Case)
    assert (case.desk, case.act_by is not None) == ("technical", True)
    assert [message.key for message in rows(account, Message)] == ["dispute_raised"]
    rest = re.search(r'href="([^"]*/d/pay[^"]*)"[^>]*>Pay the rest: €854.00', inside.text)
    assert rest, inside.text
    page = inside.path
    inside.get(rest[1].replace("&amp;", "&"))
    assert "€854.00" in inside.text
    assert "contested and left out" in inside.text
    road = next(part for part in inside.text.split('"') if "/pay/transfer" in part).replace("&amp;", "&")
    inside.get(road)
    assert "854.00" in inside.text
    assert "1146.80" not in inside.text
    inside.get(page)
    for road in re.findall(r'href="([^"]*/files/[^"]*)"', inside.text):
        answer = inside.get(road)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


def test_a_file_that_is_not_taken_keeps_all_that_was_typed(account: Account, inside: Debtor) -> None:
    form_page(inside)
    sent = {"files[]": (io.BytesIO(pdf(script=True)), "a.pdf")}
    inside.submit("/dispute", reason="price", about="amount", amount="100,00", words="See there", **sent)
    assert inside.status == 422
    assert 'id="files-error"' in inside.text
    assert "See there" in inside.text
    assert 'value="100,00"' in inside.text
    assert rows(account, Dispute) == []


def test_an_answer_about_receipt_leads_on_with_its_words(account: Account, inside: Debtor) -> None:
    inside.get(f"/d/invoices/{ids.spell(account.invoice_ids[0])}/receipt")
    inside.submit("/receipt", answer="wrong", category="amount", words="The discount is missing")
    road = next(part for part in inside.text.split('"') if part.endswith("/dispute"))
    inside.get(road)
    assert "The discount is missing" in inside.text
    inside.submit("/dispute", reason="price", about="amount", amount="100")
    running = [one for one in rows(account, Hold) if one.ended_at is None]
    assert [(one.reason, one.amount_minor) for one in running] == [("dispute", 10_000)]
    assert sorted((one.kind, one.outcome) for one in rows(account, Case)) == [
        ("dispute", None),
        ("problem", "taken_further"),
    ]


def test_both_sides_to_the_end(app: PortalFlask, account: Account, inside: Debtor) -> None:
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    contest(inside, reason="price", about="amount", amount="300", words="Too dear")
    page = inside.path
    form_page(inside)
    assert inside.path == page, "while it is open, the road leads to where it stands"
    agent.get(page.replace("/d/", "/c/"))
    agent.submit("/answer", words="Which price was agreed?")
    inside.get(page)
    assert "We have asked you something" in inside.text
    inside.submit("/words", words="250 euro", **{"files[]": (io.BytesIO(photo("PNG")), "x.png")})
    assert inside.status == 200
    agent.get(page.replace("/d/", "/c/"))
    agent.submit("/close", outcome="partially_upheld", upheld="400", credit="here", verdict="")
    assert agent.status == 422
    agent.submit("/close", outcome="partially_upheld", upheld="50,00", credit="here", verdict="We agreed on 250")
    assert agent.status == 200, agent.text
    inside.get(page)
    assert "We agreed on 250" in inside.text
    assert "€50.00 has been credited" in inside.text
    assert "€1,096.80" in inside.text
    assert [message.key for message in rows(account, Message)] == [
        "dispute_raised",
        "dispute_question",
        "dispute_closed",
    ]


def test_what_is_not_valid_is_looked_at_once_more(app: PortalFlask, account: Account, inside: Debtor) -> None:
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    contest(inside, reason="faulty", about="whole")
    page = inside.path
    for turn in (1, 2):
        agent.get(page.replace("/d/", "/c/"))
        agent.submit("/close", outcome="rejected", verdict=f"No, {turn}")
        inside.get(page)
        assert ("/again" in inside.text) is (turn == 1)
        if turn == 1:
            inside.submit("/again", again=" ")
            assert inside.status == 422
            inside.submit("/again", again="Look at the photo")
            assert inside.status == 200
    assert "/words" not in inside.text


def test_taking_it_back_frees_the_invoice(account: Account, inside: Debtor) -> None:
    contest(inside, reason="late", about="whole")
    inside.submit("/withdraw")
    assert inside.status == 200
    assert rows(account, Dispute)[0].status == "withdrawn"
    assert [one for one in rows(account, Hold) if one.ended_at is None] == []


def test_from_two_tabs_it_is_raised_once(account: Account, inside: Debtor) -> None:
    form_page(inside)
    form = inside.form("/dispute")
    typed = {"reason": "late", "about": "whole"}
    inside.post(form.action, {**form.fields, **typed})
    inside.post(form.action, {**form.fields, **typed, "command_id": ids.spell(ids.new_id())})
    assert inside.status == 409
    assert len(rows(account, Dispute)) == 1


def test_the_creditor_sets_what_may_be_chosen_and_where_it_lands(
    app: PortalFlask, account: Account, inside: Debtor
) -> None:
    admin = signed_in(app, account.creditor_id, Role.ADMIN)
    admin.get("/c/settings/disputes")
    form: dict = admin.form("/settings/disputes").fields
    changed = {
        "name-technical": "Workshop",
        "days-technical": "2",
        "label-late": "Came after Easter",
        "offered-vat": "no",
    }
    admin.post("/c/settings/disputes", {**form, **changed})
    assert admin.status == 200
    admin.submit("/reasons", label="100% wrong colour", category="technical", desk="technical")
    form_page(inside)
    assert "Came after Easter" in inside.text
    assert "100% wrong colour" in inside.text
    assert 'value="vat"' not in inside.text
    own = re.search(r'value="(own-[^"]+)"', inside.text)
    assert own
    inside.submit("/dispute", reason=own[1], about="whole")
    assert "100% wrong colour" in inside.text
    browser: Browser = signed_in(app, account.creditor_id, Role.AGENT)
    browser.get(inside.path.replace("/d/", "/c/"))
    assert "Workshop" in browser.text
    admin.get("/c/settings/disputes")
    admin.submit("/settings/disputes", **{"days-technical": "0"})
    assert admin.status == 422
