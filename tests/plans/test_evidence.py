"""What an acceptance leaves behind: every fact of rule C-43, the same bytes for the same facts, and who may have it."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock, db, events, ids, jobs, outbox, scope
from portal.core.events import EventRow
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.documents.models import StoredFile
from portal.doubles.mailbox import Mailbox
from portal.doubles.phone import Phone
from portal.people import sessions
from portal.people.roles import Role
from portal.plans import accepting, actions, evidence, following, paper_pdf, papers, queries
from portal.plans import events as happened
from portal.plans.models import PlanPaper
from portal.plans.states import PlanStatus
from portal.privacy import actions as privacy
from portal.privacy import erasing
from portal.privacy import jobs as privacy_jobs
from portal.web.edge import PortalFlask
from tests.account_papers.reading import pay, text_of
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.messages import relay_through
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import make_account, make_creditor
from tests.plans.agreeing import ORIGINAL, SIGNER, Agreeing, agreeing
from tests.randomness import without_drawn


def facts(one: Agreeing, plan_id: int) -> dict[str, Any]:
    return json.loads(one.paper(plan_id).json)  # type: ignore[no-any-return]


def records(one: Agreeing, name: str) -> list[EventRow]:
    wanted = select(EventRow).where(EventRow.name == name).order_by(EventRow.seq)
    return one.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def test_every_fact_of_the_acceptance_is_in_the_json(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    said, plan = facts(one, plan_id), one.plan(plan_id)
    first, second = said["documents"]
    assert (first["number"], first["amount"], first["in_plan"]) == ("128/2026", "1234.56", "1234.56")
    assert first["document_sha256"] == hashlib.sha256(ORIGINAL).hexdigest()
    assert first["issued_on"] < first["due_on"]
    assert (second["document_sha256"], second["document_why"]) == (None, evidence.NO_DOCUMENT)
    assert [row["amount"] for row in said["instalments"]] == ["500.00"] * 4
    assert all(row["reference"].startswith("RF") for row in said["instalments"])
    (act,) = doors.step_ups(one.account)
    assert said["text_shown"] == {"language": "it", "text": act.terms_text, "sha256": act.terms_sha256}
    assert said["acknowledgement"]["given"]
    assert act.terms_text.endswith(said["acknowledgement"]["text"])
    assert said["signer"] == {"name": SIGNER.name, "role": SIGNER.role, "statement": SIGNER.statement}
    door, code = said["door"], said["code"]
    assert door["link"] == ids.spell(one.visit.link_id)
    assert (door["channel"], door["recipient"]) == ("email", "c•••@bianchi.example")
    assert door["fact_passed"] == "one fact, not kept"
    assert (code["channel"], code["recipient"], code["same_channel_as_link"]) == ("mobile", "•••567", False)
    times = [code[name] for name in ("shown_at", "asked_at", "made_at", "sent_at", "proved_at")]
    assert times == sorted(times)
    assert all(time.endswith("Z") for time in times)
    assert said["plan"]["accepted_at"] == clock.iso(plan.accepted_at)  # type: ignore[arg-type]
    assert said["plan"]["policy_version"] == plan.policy_number
    assert said["plan"]["snapshot_sha256"] == plan.snapshot_sha256
    assert said["plan"]["total"] == "2000.00"
    assert said["portal_version"]
    assert said["ip_address"]["value"] in {None, "127.0.0.1"}
    assert ("why" in said["ip_address"]) == (said["ip_address"]["value"] is None)
    assert said["user_agent"].keys() <= {"value", "why"}


def test_its_place_in_the_chain_is_that_of_the_acceptance_and_both_hashes_follow(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    (accepted,), (kept,) = records(one, "plan.accepted"), records(one, "plan.evidence_kept")
    place = facts(one, plan_id)["chain"]
    assert (place["record"], place["head_sha256"]) == (accepted.seq, accepted.hash)
    assert place["previous_sha256"] == accepted.prev
    paper = one.paper(plan_id)
    assert kept.seq > accepted.seq
    assert kept.data["json_sha256"] == paper.json_sha256 == hashlib.sha256(paper.json.encode()).hexdigest()
    assert kept.data["pdf_sha256"] == paper.pdf_sha256 == hashlib.sha256(one.pdf(plan_id)).hexdigest()
    assert not any(name in str(kept.data) for name in ("Bianchi", "Maria"))
    with db.transaction(writes=False):
        scope.enter(one.account.creditor_id)
        assert events.verify().first_bad is None


def test_the_paper_says_the_same_and_is_made_to_be_kept(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed(language="en")
    content, paper = one.pdf(plan_id), one.paper(plan_id)
    assert b"pdfaid" in content, "PDF/A"
    said = text_of(content)
    pieces = (
        "Agreement to pay in instalments", "Rossi Impianti S.r.l.", "Bianchi Costruzioni S.n.c.", "128/2026",
        "131/2026", "€2,000.00", "€500.00", "I pay €2,000.00 to", "I acknowledge that I owe", "Maria Bianchi",
        "I am the owner", SIGNER.statement, "c•••@bianchi.example", "by text message, •••567",
        "another way than the link", "one fact, not kept", "not kept", "UTC", ids.spell(plan_id),
        hashlib.sha256(ORIGINAL).hexdigest(), str(paper.json_sha256), one.plan(plan_id).snapshot_sha256,
        facts(one, plan_id)["chain"]["head_sha256"],
    )  # fmt: skip
    assert [piece for piece in pieces if piece not in said] == []
    assert said.count("I acknowledge that I owe") == 1, "apart from the words of the plan"
    for row in facts(one, plan_id)["instalments"]:
        assert row["reference"] in said
    assert doors.MOBILE not in said
    assert one.account.fact not in said.replace(ids.spell(plan_id), "").split()


@pytest.mark.parametrize("language", ["it", "en"])
def test_without_the_second_act_nothing_is_said_to_be_acknowledged(phone: Phone, language: str) -> None:
    one = agreeing(phone)
    plan_id = one.agreed(acknowledged=False, language=language)
    said = facts(one, plan_id)
    assert said["acknowledgement"] == {"given": False, "text": None, "why": evidence.NOT_GIVEN}
    assert "1988" not in without_drawn(text_of(one.pdf(plan_id)))


def test_the_same_facts_give_the_same_bytes(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    kept = one.paper(plan_id)
    with time_machine.travel(clock.now() + timedelta(days=40)):
        assert paper_pdf.made(kept.json) == one.pdf(plan_id)
        again = one.within(lambda: evidence.written(evidence.gathered(one.plan(plan_id))))
    without_place = {name: value for name, value in json.loads(kept.json).items() if name != "chain"}
    assert again == evidence.written(without_place)


def test_a_second_run_of_the_job_changes_nothing_and_writes_to_nobody(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    before = one.paper(plan_id)
    one.within(lambda: outbox.put(papers.KEEP, plan_id))
    jobs.work_off()
    after = one.paper(plan_id)
    assert (after.json, after.pdf_sha256, after.made_at) == (before.json, before.pdf_sha256, before.made_at)
    assert len(records(one, "plan.evidence_kept")) == len(one.messages(papers.AGREED)) == 1


def test_what_changes_before_the_worker_comes_does_not_change_what_was_agreed(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.offer()
    one.accept(plan_id, work=False)
    assert one.paper(plan_id).made_at is None
    pay(one.account, one.account.invoice_ids[0], 70000)
    moved = one.within(lambda: queries.asked(plan_id)[1])
    agreed_on = moved.due_on
    one.within(lambda: actions.move_instalment(queries.plan(plan_id), moved, moved.due_on + timedelta(days=5)))  # type: ignore[arg-type]
    jobs.work_off()
    said = facts(one, plan_id)
    assert [row["amount"] for row in said["instalments"]] == ["500.00"] * 4
    assert said["instalments"][1]["due_on"] == agreed_on.isoformat()
    assert [row["in_plan"] for row in said["documents"]] == ["1234.56", "765.44"]


def test_a_code_that_a_colleague_stood_in_for_says_so(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.offer()
    act_id = one.sign(plan_id)

    def leave() -> None:
        step_up.ask_for_a_call(db.session().get_one(StepUp, act_id))

    def agree() -> None:
        step_up.agree(db.session().get_one(StepUp, act_id), "Called Maria at the number in our books")

    one.within(leave)
    one.within(agree)
    jobs.work_off()
    code = facts(one, plan_id)["code"]
    assert (code["channel"], code["why"]) == (None, evidence.NO_CODE)
    assert code["made_sure"] == "Called Maria at the number in our books"
    assert "Called Maria" in text_of(one.pdf(plan_id))


def test_what_is_not_known_is_null_and_says_why(phone: Phone) -> None:
    """An acceptance without an act of its own is kept all the same, and nothing is made up."""
    one = agreeing(phone)
    plan_id = one.offer()

    def accept() -> None:
        plan = queries.plan(plan_id, lock=True)
        assert plan is not None
        accepting.accept(plan, acknowledged=False, step_up_id=7, terms_sha256="0" * 64)

    one.within(accept, as_debtor=True)
    jobs.work_off()
    said = facts(one, plan_id)
    for part in ("text_shown", "signer", "door", "code"):
        assert said[part]["why"] == evidence.NO_PROOF
    assert text_of(one.pdf(plan_id))


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_copy_is_on_its_way_within_five_minutes_and_its_subject_says_nothing(
    phone: Phone, app: PortalFlask, language: str
) -> None:
    account = make_account(language=language)
    with Mailbox() as mailbox:
        relay_through(mailbox)
        one = agreeing(phone, account)
        began = clock.now()
        plan_id = one.agreed(language=language)
        (message,) = one.messages(papers.AGREED)
        assert message.sent_at is not None
        assert message.sent_at - began < timedelta(minutes=5)
        (mail,) = [mail for mail in mailbox.messages if "cliente.0042" in str(mail.message["To"])]
        subject = str(mail.message["Subject"]).casefold()
        loud = ("debit", "debt", "rat", "instal", "pag", "pay", "fattur", "invoice", "eur", "accord", "agree", "pian",
                "plan", "scad", "due", "2.000", "128")  # fmt: skip
        assert [word for word in loud if word in subject.replace("rossi impianti", "")] == []
        body = mail.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        address = next(word for word in body.split() if "/l/" in word)
    visitor = Debtor(app)
    visitor.enter(address, account.fact)
    visitor.get(f"/d/plans/{ids.spell(plan_id)}/agreement.pdf")
    assert visitor.page is not None
    assert visitor.page.data == one.pdf(plan_id)


def path(plan_id: int, surface: str = "d", suffix: str = "pdf") -> str:
    return f"/{surface}/plans/{ids.spell(plan_id)}/agreement.{suffix}"


def test_a_customer_takes_both_along_and_nobody_else_does(phone: Phone, app: PortalFlask) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    mine = doors.inside(Debtor(app), one.account)
    answer = mine.get(path(plan_id))
    assert (answer.status_code, answer.data) == (200, one.pdf(plan_id))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    answer = mine.get(path(plan_id, suffix="json"))
    assert hashlib.sha256(answer.data).hexdigest() == one.paper(plan_id).json_sha256
    assert mine.get(path(plan_id + 1)).status_code == 404
    neighbour = make_account(one_creditor(one), code="0043", vat_number="IT99999991111")
    neighbour.add_invoice("7/2026", "10.00")
    stranger = make_account(make_creditor("verdi"), code="0042")
    stranger.add_invoice("8/2026", "10.00")
    for account in (neighbour, stranger):
        other = doors.inside(Debtor(app), account)
        assert other.get(path(plan_id)).status_code == 404
        assert other.get(path(plan_id, suffix="json")).status_code == 404
    nobody = Debtor(app)
    nobody.get(path(plan_id))
    assert "%PDF" not in nobody.text


def one_creditor(one: Agreeing) -> Any:
    from portal.creditors import queries as creditors  # noqa: PLC0415

    return one.within(lambda: creditors.by_id(one.account.creditor_id))


def test_a_link_to_one_document_opens_no_plan_about_others_too(phone: Phone, app: PortalFlask) -> None:
    one = agreeing(phone)
    first, second = one.account.invoice_ids
    plan_id = one.agreed()
    narrow = Debtor(app)
    narrow.enter(one.account.link(invoice_id=first), one.account.fact)
    assert narrow.get(path(plan_id)).status_code == 404
    alone = agreeing(phone, make_account(one_creditor(one), code="0044", vat_number="IT12345670044"), "128/2027")
    plan_id = alone.offer(alone.account.invoice_ids[0])
    alone.accept(plan_id)
    wide = Debtor(app)
    wide.enter(alone.account.link(invoice_id=alone.account.invoice_ids[0]), alone.account.fact)
    assert wide.get(path(plan_id)).status_code == 200
    other = Debtor(app)
    other.enter(alone.account.link(invoice_id=alone.account.invoice_ids[1]), alone.account.fact)
    assert other.get(path(plan_id)).status_code == 404
    assert second != first


def test_before_they_are_made_the_page_says_when(phone: Phone, app: PortalFlask) -> None:
    one = agreeing(phone)
    plan_id = one.offer()
    mine = doors.inside(Debtor(app), one.account)
    assert mine.get(path(plan_id)).status_code == 404
    one.accept(plan_id, work=False)
    assert mine.get(path(plan_id)).status_code == 409
    assert "in a few minutes" in mine.text


def test_the_creditors_people_take_them_out_after_a_fresh_proof(phone: Phone, app: PortalFlask) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    manager = signed_in(app, one.account.creditor_id, Role.MANAGER)
    assert manager.get(path(plan_id, "c")).data == one.pdf(plan_id)
    assert manager.get(path(plan_id, "c", "json")).data == one.paper(plan_id).json.encode()
    assert manager.get(path(plan_id + 1, "c")).status_code == 404
    assert signed_in(app, one.account.creditor_id, Role.AGENT).get(path(plan_id, "c")).status_code == 403
    verdi = make_creditor("verdi")
    theirs = sign_in(app, make_person(verdi.id, Role.MANAGER, "capo@verdi.example"))
    assert theirs.get(path(plan_id, "c")).status_code == 404
    with time_machine.travel(clock.now() + sessions.PROOF + timedelta(minutes=1)):
        manager.get(path(plan_id, "c", "json"))
        assert manager.path == "/c/proof"
        assert "instalments" not in manager.text


def counted(one: Agreeing, mapped: Any) -> int:
    return one.within(lambda: db.session().scalar(select(func.count()).select_from(mapped)) or 0)  # type: ignore[no-any-return]


def test_papers_stay_ten_years_after_the_last_entry_and_then_go_with_their_file(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    began = clock.now()
    with time_machine.travel(began + timedelta(days=4000), tick=False):
        privacy_jobs.forget_daily()
        assert one.pdf(plan_id), "it is still being paid"
        one.within(lambda: following.end(queries.plan(plan_id), PlanStatus.CANCELLED, happened.PlanCancelled))  # type: ignore[arg-type]
        privacy_jobs.forget_daily()
        assert one.pdf(plan_id), "something is open"
        for invoice_id in one.account.invoice_ids:
            pay(one.account, invoice_id)
    with time_machine.travel(began + timedelta(days=4000 + 3650), tick=False):
        privacy_jobs.forget_daily()
        assert one.pdf(plan_id)
    with time_machine.travel(began + timedelta(days=4000 + 3654), tick=False):
        privacy_jobs.forget_daily()
        assert counted(one, PlanPaper) == 0
        assert one.within(lambda: db.session().scalars(select(StoredFile.media_type)).all()) == ["application/xml"]


def test_an_erasure_leaves_what_proves_an_agreement(phone: Phone) -> None:
    one = agreeing(phone)
    plan_id = one.agreed()
    before, content = one.paper(plan_id).json, one.pdf(plan_id)
    for invoice_id in one.account.invoice_ids:
        pay(one.account, invoice_id)
    assert privacy.ERASE
    one.within(lambda: erasing.everything(one.account.debtor_id))
    assert one.paper(plan_id).json == before
    assert one.pdf(plan_id) == content
