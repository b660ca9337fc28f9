"""A folder as a source: what lies there still is taken as an upload, once; what asks a question waits for a person."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core import ids, installation, jobs
from portal.creditors.models import Creditor
from portal.imports import jobs as import_jobs
from portal.imports import watching
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.invoices.models import Invoice
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.uploads import ONE, TWO, all_of, count, table


@pytest.fixture
def creditor(house: Settings) -> Creditor:
    assert house
    return make_creditor()


@pytest.fixture
def place(house: Settings, tmp_path: Path) -> Iterator[Path]:
    installation.install(replace(house, exchange_dir=tmp_path / "exchange"), installation.keys())
    made = tmp_path / "exchange" / "rossi" / "in"
    made.mkdir(parents=True)
    yield made
    installation.install(house, installation.keys())


def put(place: Path, name: str, content: bytes, age: int = 120) -> Path:
    path = place / name
    path.write_bytes(content)
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))
    return path


def look() -> None:
    import_jobs.watch_folders()
    jobs.work_off()


def moved(place: Path, where: str) -> list[str]:
    aside = place / where
    return sorted(path.name.partition("-")[2] for path in aside.iterdir()) if aside.exists() else []


def test_what_reads_without_a_question_is_on_the_books(creditor: Creditor, place: Path) -> None:
    put(place, "fatture.csv", table(ONE, TWO))
    look()
    assert all_of(creditor, Invoice.number) == ["1/26", "2/26"]
    assert moved(place, watching.TAKEN) == ["fatture.csv"]
    assert watching.waiting(place) == []
    assert all_of(creditor, ImportBatch.status) == [BatchStatus.DONE]


def test_what_is_still_written_hidden_or_linked_is_left(creditor: Creditor, place: Path, tmp_path: Path) -> None:
    put(place, "now.csv", table(ONE), age=0)
    put(place, ".hidden.csv", table(ONE))
    put(place, "half.csv.part", table(ONE))
    put(place, "elsewhere.csv", table(ONE)).rename(tmp_path / "elsewhere.csv")
    (place / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    (place / "folder.csv").mkdir()
    look()
    assert count(creditor, ImportBatch) == 0


@pytest.mark.parametrize(
    "row", ["1/26;01/10/2026;01/12/2026;1.220,00;EUR;C1;Uno", "2/26;2026-10-01;never;1,00;EUR;C1;Uno"]
)
def test_what_asks_a_question_waits_for_a_person(app: PortalFlask, creditor: Creditor, place: Path, row: str) -> None:
    put(place, "fatture.csv", table(row))
    look()
    assert all_of(creditor, ImportBatch.status) == [BatchStatus.UPLOADED]
    assert count(creditor, Invoice) == 0
    assert moved(place, watching.TAKEN) == ["fatture.csv"]
    clerk = signed_in(app, creditor, Role.MANAGER)
    clerk.get("/c/")
    assert f"/c/imports/{ids.spell(all_of(creditor, ImportBatch.id)[0])}" in clerk.text, "it stands on the page Today"


def test_what_is_of_no_use_is_put_aside_with_the_reason(creditor: Creditor, place: Path) -> None:
    put(place, "foto.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    look()
    assert moved(place, watching.REFUSED) == ["foto.png", "foto.png.txt"]
    said = next((place / watching.REFUSED).glob("*.txt")).read_text()
    assert len(said) > 20
    assert count(creditor, ImportBatch) == 0


def test_a_file_that_could_not_be_moved_is_not_taken_twice(
    creditor: Creditor, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, "fatture.csv", table(ONE))
    with monkeypatch.context() as once:
        once.setattr(watching, "move", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        look()
    look()
    assert sorted(all_of(creditor, ImportBatch.status)) == sorted([BatchStatus.DONE, BatchStatus.DISCARDED])
    assert count(creditor, Invoice) == 1
    assert moved(place, watching.TAKEN) == ["fatture.csv"]


def test_one_bad_file_keeps_no_other_waiting_and_folders_are_each_creditors_own(
    creditor: Creditor, place: Path
) -> None:
    other = make_creditor("verdi")
    theirs = place.parent.parent / "verdi" / "in"
    theirs.mkdir(parents=True)
    os.chmod(put(place, "a.csv", table(ONE)), 0)  # noqa: PTH101
    put(place, "b.csv", table(TWO))
    put(theirs, "c.csv", table(ONE))
    look()
    assert "2/26" in all_of(creditor, Invoice.number)
    assert all_of(other, Invoice.number) == ["1/26"]


def test_without_an_exchange_nothing_is_looked_at(creditor: Creditor) -> None:
    assert watching.folder(creditor.slug) is None
    import_jobs.watch_folders()
