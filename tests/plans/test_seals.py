"""The extra `sign` (rule C-43, decision 36): a seal and a timestamp behind the paper of an agreement."""

import asyncio
import hashlib
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
import typst
from click.testing import CliRunner
from pypdf import PdfReader, PdfWriter
from sqlalchemy import select

from portal.commands import evidence
from portal.commands.line import Context
from portal.core import db, ids, installation, jobs, outbox
from portal.core.errors import Misconfigured
from portal.core.events import EventRow
from portal.core.outbox import OutboxRow
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.documents import seals, store
from portal.doubles.phone import Phone
from portal.plans import papers
from portal.plans.paper_events import PlanEvidenceSealed
from portal.plans.paper_pdf import facts_named_in
from portal.settings import Seal, Settings
from portal.trail import pack_files
from portal.trail.pack_files import CHAIN, FILES, HEAD, JSON, PDF, SEALED
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.conftest import need
from tests.factories.world import make_account
from tests.plans.agreeing import Agreeing, agreeing
from tests.plans.sealing import PASSWORD, Owner, Sealing, owner, pdfsig, sealing_running
from tests.plans.test_evidence_files import check, checked, files_named, made_anew


@pytest.fixture
def sealing(app: PortalFlask, tmp_path: Path) -> Iterator[Sealing]:
    assert app
    with sealing_running(tmp_path) as running:
        yield running


@pytest.fixture
def rossi(sealing: Sealing) -> Owner:
    return owner("Sigillo Rossi Impianti", sealing.root)


def creditor_of(one: Agreeing) -> Creditor:
    return one.within(lambda: creditors.by_id(one.account.creditor_id))  # type: ignore[no-any-return]


def sealed(one: Agreeing, plan_id: int) -> bytes | None:
    def read() -> bytes | None:
        found = papers.of_plan(plan_id)
        assert found is not None
        file = papers.sealed_file_of(found)
        return store.content(file) if file is not None else None

    return one.within(read)  # type: ignore[no-any-return]


def taken_out(app: PortalFlask, plan_id: int, folder: Path) -> Path:
    arguments = ["export", ids.spell(plan_id), "--out", str(folder)]
    answer = CliRunner().invoke(evidence.group, arguments, obj=Context(create_app=lambda _: app))
    assert answer.exit_code == 0, answer.output
    return folder


@pytest.fixture
def folder(app: PortalFlask, phone: Phone, sealing: Sealing, rossi: Owner, tmp_path: Path) -> Path:
    """The evidence of an agreement, sealed and timestamped, taken out."""
    sealing.on(rossi)
    return taken_out(app, agreeing(phone).agreed(), tmp_path / "pack")


def test_the_paper_is_sealed_and_timestamped_and_stays_what_it_was(
    app: PortalFlask, phone: Phone, sealing: Sealing, rossi: Owner, debtor: Debtor, tmp_path: Path
) -> None:
    sealing.on(rossi, timestamp_user="rossi", timestamp_password="ora")
    one = agreeing(phone)
    plan_id = one.agreed()
    content, before = sealed(one, plan_id), one.pdf(plan_id)
    assert content is not None
    assert content.startswith(before)
    assert facts_named_in(content) == one.paper(plan_id).json_sha256
    assert sealing.authority.asked == [{"authorization": "Basic cm9zc2k6b3Jh", "type": "application/timestamp-query"}]
    record = one.within(
        lambda: db.session().scalars(select(EventRow).where(EventRow.name == PlanEvidenceSealed.name)).one().data
    )
    assert record["sealed_sha256"] == hashlib.sha256(content).hexdigest()
    debtor.enter(one.account.link(), one.account.fact)
    assert debtor.get(f"/d/plans/{ids.spell(plan_id)}/agreement.pdf").data == content
    folder = taken_out(app, plan_id, tmp_path / "pack")
    assert {path.name for path in folder.iterdir()} == {*FILES, SEALED}
    assert (folder / SEALED).read_bytes() == content
    said = checked(folder)
    assert (said["verdict"], said["seal"]["by"], said["seal"]["at_by"]) == (
        "consistent, not proven", "Sigillo Rossi Impianti", "Ora di prova",
    )  # fmt: skip
    assert "--trust" in check(folder).output
    said = checked(folder, "--trust", str(sealing.trusting(sealing.root)))
    assert (said["verdict"], said["proven"], said["seal"]["proves"]) == ("proven", True, True)
    assert datetime.fromisoformat(said["seal"]["at"]) > datetime.now(UTC) - timedelta(minutes=5)
    told = check(folder, "--trust", str(sealing.trusting(sealing.root))).output
    assert "proven: the papers of plan" in told
    assert "by the seal of Sigillo Rossi Impianti of 20" in told


def test_another_program_finds_it_valid_too(phone: Phone, sealing: Sealing, rossi: Owner, tmp_path: Path) -> None:
    try:
        pdfsig(b"", tmp_path)
    except FileNotFoundError:
        need("pdfsig: apt-get install poppler-utils")
    sealing.on(rossi)
    one = agreeing(phone)
    content = sealed(one, one.agreed())
    assert content is not None
    said = pdfsig(content, tmp_path)
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "Signature is Valid" not in pdfsig(content.replace(b"/Title", b"/Titel", 1), tmp_path)


@pytest.mark.parametrize("with_seal", [True, False])
def test_a_seal_alone_or_a_timestamp_alone_is_enough(
    app: PortalFlask, phone: Phone, sealing: Sealing, rossi: Owner, tmp_path: Path, with_seal: bool
) -> None:
    sealing.on(rossi if with_seal else None, timestamp=not with_seal)
    one = agreeing(phone)
    folder = taken_out(app, one.agreed(), tmp_path / "pack")
    trust = sealing.trusting(sealing.root)
    said = checked(folder, "--trust", str(trust))
    assert said["proven"]
    assert (said["seal"]["by"], said["seal"]["at_by"]) == (
        ("Sigillo Rossi Impianti", None) if with_seal else (None, "Ora di prova")
    )
    assert ("by the seal of" if with_seal else "by the timestamp of") in check(folder, "--trust", str(trust)).output


def test_only_certificates_that_one_trusts_prove(
    app: PortalFlask, phone: Phone, sealing: Sealing, rossi: Owner, tmp_path: Path
) -> None:
    sealing.on(rossi, timestamp=False)
    one = agreeing(phone)
    folder = taken_out(app, one.agreed(), tmp_path / "pack")
    strangers = owner("Radice di prova", is_ca=True)  # the same name, another key
    said = checked(folder, "--trust", str(sealing.trusting(strangers)))
    assert (said["ok"], said["proven"]) == (True, False)
    assert "do not stand for it" in said["seal"]["why_not"]
    assert checked(folder, "--trust", str(sealing.trusting(strangers, rossi)))["proven"]  # the seal's own, pinned
    inside = folder / "trust.pem"
    inside.write_bytes(sealing.root.pem)
    said = json.loads(check(folder, "--json", "--trust", str(inside)).stdout)
    assert (said["proven"], "kept elsewhere" in said["why_not_proven"]) == (False, True)
    nothing = tmp_path / "nothing.pem"
    nothing.write_bytes(b"no certificate")
    answer = check(folder, "--trust", str(nothing))
    assert answer.exit_code == 2
    assert "there is no certificate in it" in answer.output


def test_the_copy_does_not_wait_for_an_authority_that_is_away(phone: Phone, sealing: Sealing, rossi: Owner) -> None:
    sealing.on(rossi)
    sealing.authority.broken = ("503 Service Unavailable", "text/plain", b"later")
    one = agreeing(phone)
    plan_id = one.agreed()
    assert one.messages(papers.AGREED)
    assert one.paper(plan_id).made_at is not None
    assert sealed(one, plan_id) is None
    (row,) = one.within(lambda: db.session().scalars(select(OutboxRow).where(OutboxRow.kind == papers.SEAL)).all())
    assert (row.state, row.tries) == (outbox.WAITING, 1)
    assert "the timestamp authority: 503" in row.why
    sealing.authority.broken = None
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True):
        jobs.work_off()
    assert sealed(one, plan_id) is not None
    asked = len(sealing.authority.asked)
    one.within(lambda: outbox.put(papers.SEAL, plan_id))
    jobs.work_off()
    assert len(sealing.authority.asked) == asked


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("200 OK", "application/timestamp-reply", b"no answer of that kind"),
        ("200 OK", "application/timestamp-reply", b""),
        ("200 OK", "text/html", b"<p>Sign in</p>"),
        ("401 Unauthorized", "text/plain", b""),
        ("302 Found", "application/timestamp-reply", b""),
    ],
)
def test_what_is_no_timestamp_seals_nothing(
    sealing: Sealing, rossi: Owner, status: str, kind: str, body: bytes
) -> None:
    sealing.on(rossi)
    sealing.authority.broken = (status, kind, body)
    with pytest.raises(seals.NotSealed):
        seals.sealed(small_paper())


def small_paper() -> bytes:
    made: bytes = typst.compile(b"#set document(date: none)\nA paper", format="pdf")
    return made


def test_a_caller_that_runs_an_event_loop_seals_as_well(sealing: Sealing, rossi: Owner) -> None:
    sealing.on(rossi)
    paper = small_paper()

    async def within_a_loop() -> bytes:
        return seals.sealed(paper)

    with ThreadPoolExecutor(1) as apart:  # Playwright's loop may run in this one
        content = apart.submit(lambda: asyncio.run(within_a_loop())).result()
    assert seals.looked_at(content, paper, sealing.root.pem).proves


def test_a_timestamp_of_something_else_is_refused(sealing: Sealing, rossi: Owner) -> None:
    """An answer to an earlier question, played back."""
    sealing.on(rossi)
    kept: list[bytes] = []
    answered = sealing.authority._answer
    sealing.authority._answer = lambda body: kept.append(answered(body)) or kept[0]  # type: ignore
    seals.sealed(small_paper())
    with pytest.raises(seals.NotSealed):
        seals.sealed(small_paper())


def test_a_certificate_that_ran_out_proves_by_the_time_at_which_it_had_not(
    app: PortalFlask, phone: Phone, sealing: Sealing, tmp_path: Path
) -> None:
    shortly = owner("Sigillo breve", sealing.root, days=3 / 86400)
    sealing.on(shortly)
    one = agreeing(phone)
    folder = taken_out(app, one.agreed(), tmp_path / "pack")
    sealing.on(shortly, timestamp=False)
    other = agreeing(phone, make_account(creditor_of(one), code="0043", name="Verdi Serramenti S.r.l."), "128/2025")
    without = taken_out(app, other.agreed(), tmp_path / "without")
    time.sleep(max(0.0, (shortly.certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds()) + 1)
    trust = str(sealing.trusting(sealing.root))
    assert checked(folder, "--trust", trust)["proven"]
    assert not checked(without, "--trust", trust)["proven"]


def test_every_byte_of_the_sealed_paper_counts(sealing: Sealing, folder: Path) -> None:
    path, trust = folder / SEALED, sealing.root.pem
    content = path.read_bytes()
    kept = (folder / CHAIN).read_bytes()
    assert pack_files.verify(folder, None, trust).is_proven
    for place in sorted({0, len(content) - 1, *range(0, len(content), len(content) // 25)}):
        for other in (bytes([content[place] ^ 1]), b"", content[place : place + 1] + b" "):
            path.write_bytes(content[:place] + other + content[place + 1 :])
            report = pack_files.verify(folder, None, trust)
            assert {name for name, _ in report.bad} == {SEALED}, (place, other)
            assert not report.is_proven
    path.write_bytes(content)
    assert (folder / CHAIN).read_bytes() == kept
    path.write_bytes(one_more_revision(content))
    assert not pack_files.verify(folder, None, trust).is_proven


def one_more_revision(content: bytes) -> bytes:
    """The sealed paper with something added behind the seal, as a PDF allows."""
    writer = PdfWriter(PdfReader(io.BytesIO(content)), incremental=True)
    writer.add_metadata({"/Title": "Something else"})
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(content)
    return out.getvalue()


def test_who_makes_the_chain_anew_cannot_make_the_seal(sealing: Sealing, folder: Path) -> None:
    """Other facts, every record written again so that all follows, the sealed paper as it was."""
    made_anew(folder)
    said = checked(folder, "--trust", str(sealing.trusting(sealing.root)))
    assert not said["proven"]
    assert said["ok"] is False or "other facts" in said["seal"]["why_not"]
    (folder / SEALED).unlink()
    assert not checked(folder, "--trust", str(sealing.trusting(sealing.root)))["proven"]


def test_without_the_extra_the_rest_is_checked_all_the_same(
    sealing: Sealing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "is_installed", lambda: False)
    said = checked(folder)
    assert (said["ok"], said["verdict"]) == (True, "consistent, not proven")
    assert "pip install -e .[sign]" in check(folder).output
    with pytest.raises(Misconfigured, match="sign"):
        seals.check(installation.settings())


def test_what_could_not_seal_stops_the_start(sealing: Sealing, rossi: Owner, tmp_path: Path) -> None:
    settings = installation.settings()
    good = tmp_path / "good.p12"
    good.write_bytes(rossi.as_pkcs12())
    rubbish = tmp_path / "rubbish.p12"
    rubbish.write_bytes(b"rubbish")
    seals.check(settings)
    seals.check(replace(settings, seal=Seal(file=good, password=PASSWORD)))
    for seal, named in (
        (Seal(file=good, password="wrong"), "PORTAL_SEAL_PASSWORD"),
        (Seal(file=rubbish), "PORTAL_SEAL_FILE"),
        (Seal(file=tmp_path / "nowhere.p12"), "PORTAL_SEAL_FILE"),
        (Seal(timestamp_url="http://tsa.example/tsr"), "PORTAL_TIMESTAMP_URL: .*https"),
        (Seal(timestamp_url="https://10.0.0.1/tsr"), "PORTAL_TIMESTAMP_URL"),
    ):
        with pytest.raises(Misconfigured, match=named):
            seals.check(replace(settings, seal=seal))


def test_the_settings_are_read() -> None:
    read = Settings.read(
        {
            "PORTAL_ENV": "test",
            "PORTAL_SEAL_FILE": "/etc/portal/seal.p12",
            "PORTAL_SEAL_PASSWORD": "secret",
            "PORTAL_TIMESTAMP_URL": "https://tsa.example/tsr",
            "PORTAL_TIMESTAMP_USER": "rossi",
            "PORTAL_TIMESTAMP_PASSWORD": "ora",
        }
    ).seal
    assert (read.file, read.timestamp_url) == (Path("/etc/portal/seal.p12"), "https://tsa.example/tsr")
    assert "secret" not in repr(read)
    assert "ora'" not in repr(read)
    assert Settings.read({"PORTAL_ENV": "test"}).seal == Seal()


def test_head_and_seal_prove_each_on_its_own(sealing: Sealing, folder: Path) -> None:
    report = pack_files.verify(folder, (folder / HEAD).read_bytes(), sealing.root.pem)
    assert (report.proven_by is not None, report.seal is not None and report.seal.proves) == (True, True)
    assert files_named(checked(folder)) == set()
    (folder / PDF).write_bytes(b"%PDF-1.7 other")
    (folder / JSON).write_bytes(b"{}")
    assert not pack_files.verify(folder, None, sealing.root.pem).is_proven
