"""The codes of many invoices for a print run: each once, named so that nobody takes one for another's."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import func, select

from portal.commands import qr_links
from portal.commands.line import Context
from portal.commands.qr_links import _named
from portal.core import clock, db, scope
from portal.debtors.models import AccessLink
from portal.invoices import paper_code
from portal.settings import ROOT
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.factories.world import Account, make_account, make_creditor


def run(app: PortalFlask, *given: str) -> Result:
    arguments = ["--creditor", "rossi", *given]
    return CliRunner().invoke(qr_links.qr_links, arguments, obj=Context(create_app=lambda _settings: app))


def links_of(account: Account) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return int(session.scalar(select(func.count(AccessLink.id))) or 0)


def index_of(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def account(app: PortalFlask) -> Account:
    account = make_account(make_creditor("rossi"), code="=7")
    for number in ("1/2026", "A\\B 2", "../../etc/passwd"):
        account.add_invoice(number, due_in=10)
    return account


def test_every_open_invoice_has_its_code(
    app: PortalFlask, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qr_links, "PIECE", 2)
    target = tmp_path / "codes.zip"
    done = run(app, "--zip", str(target))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(target) as archive:
        rows = index_of(archive)
        assert [row["number"] for row in rows] == ["1/2026", "A\\B 2", "../../etc/passwd"]
        assert [row["file"] for row in rows] == ["1_2026.svg", "A_B_2.svg", "etc_passwd.svg"]
        assert {row["debtor_code"] for row in rows} == {"'=7"}
        assert set(archive.namelist()) == {*(row["file"] for row in rows), "index.csv", "text.txt"}
        assert all(b"<svg" in archive.read(row["file"]) for row in rows)
        said = archive.read("text.txt").decode()
        assert all(language.own_name in said for language in i18n.languages().values())
        first = {name: archive.read(name) for name in archive.namelist()}
    assert links_of(account) == 3
    assert run(app, "--zip", str(target)).exit_code == 0
    with zipfile.ZipFile(target) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == first
    assert links_of(account) == 3, "the same codes as before"
    assert not list(tmp_path.glob("*.part"))


def test_a_picture_for_a_printer_shows_the_same_code(app: PortalFlask, account: Account, tmp_path: Path) -> None:
    target = tmp_path / "codes.zip"
    assert run(app, "--zip", str(target), "--format", "png").exit_code == 0
    with zipfile.ZipFile(target) as archive:
        image = Image.open(io.BytesIO(archive.read("1_2026.png")))
    assert image.size[0] == image.size[1]
    first = next(place for place in range(image.size[0]) if image.getpixel((place, place)) == 0)
    side = first // 4  # dots of a module: four of them are the quiet zone
    assert side > 10
    assert image.size[0] % side == 0
    assert round(image.info["dpi"][0]) == 600
    drawn = image.resize((image.size[0] // side, image.size[0] // side), Image.Resampling.NEAREST)
    assert drawn.resize(image.size, Image.Resampling.NEAREST).tobytes() == image.tobytes(), "no module is blurred"


def test_what_is_closed_or_of_another_day_is_left_out(app: PortalFlask, account: Account, tmp_path: Path) -> None:
    target = tmp_path / "codes.zip"
    account.add_invoice("9/2026", due_in=30, issued_days_ago=400)
    day = clock.today().isoformat()
    assert run(app, "--zip", str(target), "--issued-since", day, "--issued-until", day).exit_code == 2
    assert not target.exists()
    assert run(app, "--zip", str(target), "--issued-until", "2020-01-01").exit_code == 2
    missing = run(app, "--zip", str(tmp_path / "nowhere" / "codes.zip"))
    assert missing.exit_code == 2
    assert "cannot be written" in missing.output


def test_two_of_one_number_are_told_apart() -> None:
    taken: set[str] = set()
    names = [_named("12/2026", date(2026, 1, 1), "7", taken) for _ in range(5)]
    assert names == ["12_2026", "12_2026-2026", "12_2026-2026-7", "12_2026-2026-7-2", "12_2026-2026-7-3"]
    assert _named("///", date(2026, 1, 1), "7", taken) == "invoice"


def test_what_an_invoice_may_say(app: PortalFlask) -> None:
    spoken = CliRunner().invoke(qr_links.qr_text, ["--language", "it"])
    assert spoken.output.startswith("Questa fattura online")
    whole = CliRunner().invoke(qr_links.qr_text, []).output
    assert whole.count("\n\n") == len(i18n.languages())


def test_the_docs_have_the_same_words() -> None:
    told = (ROOT / "docs" / "systems.md").read_text()
    for code, language in i18n.languages().items():
        assert f"| {language.own_name} | {i18n.say(paper_code.WORDS, code)} |" in told
