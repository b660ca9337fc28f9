"""The evidence on another machine: `portal evidence export` and `verify`, and every way to forge it that we know."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.commands import evidence, looking
from portal.commands.line import Context
from portal.core import events, ids
from portal.doubles.phone import Phone
from portal.trail import pack_files
from portal.trail.pack_files import CHAIN, FILES, HEAD, JSON, PDF
from portal.web.edge import PortalFlask
from tests.factories.world import make_account, make_creditor
from tests.plans.agreeing import Agreeing, agreeing
from tests.randomness import without_drawn

Forge = Callable[[Path], None]


class Elsewhere:
    """Another machine: no application, so neither a database nor keys."""

    def __call__(self, *_: Any) -> Any:
        raise AssertionError("checking asks for the installation")


def check(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        evidence.group, ["verify", str(folder), *arguments], obj=Context(create_app=Elsewhere())
    )


def checked(folder: Path, *arguments: str) -> dict[str, Any]:
    answer = check(folder, "--json", *arguments)
    said: dict[str, Any] = json.loads(answer.stdout)
    assert answer.exit_code == (0 if said["ok"] and (said["proven"] or not arguments) else 1)
    return said


def files_named(said: dict[str, Any]) -> set[str]:
    return {one["file"] for one in said["bad"]}


class Case:
    """An agreement taken out into a folder, with what happened after it, and the end that the creditor keeps."""

    def __init__(self, app: PortalFlask, phone: Phone, tmp_path: Path) -> None:
        self.app, self.tmp_path = app, tmp_path
        self.one: Agreeing = agreeing(phone)
        self.early = self.end("early.json")
        self.plan_id = self.one.agreed()
        self.one.account.add_invoice("140/2026", "10.00")
        self.held = self.end("held.json")
        self.one.account.add_invoice("141/2026", "11.00")
        self.folder = self.out("pack")
        self.one.account.add_invoice("142/2026", "12.00")
        self.late = self.end("late.json")

    def run(self, group: Any, *arguments: str) -> Result:
        return CliRunner().invoke(group, arguments, obj=Context(create_app=lambda _: self.app))

    def end(self, name: str, slug: str = "rossi") -> Path:
        path = self.tmp_path / name
        assert self.run(looking.audit, "export", "--creditor", slug, "--out", str(path)).exit_code == 0
        return path

    def out(self, name: str) -> Path:
        folder = self.tmp_path / name
        answer = self.run(evidence.group, "export", ids.spell(self.plan_id), "--out", str(folder))
        assert answer.exit_code == 0, answer.output
        return folder


@pytest.fixture
def case(app: PortalFlask, phone: Phone, tmp_path: Path) -> Case:
    return Case(app, phone, tmp_path)


def test_a_pack_is_consistent_by_itself_and_proven_by_an_end_held_elsewhere(case: Case) -> None:
    assert {path.name for path in case.folder.iterdir()} == set(FILES)
    assert {path.stat().st_mode & 0o077 for path in case.folder.iterdir()} == {0}
    assert (case.folder / PDF).read_bytes() == case.one.pdf(case.plan_id)
    assert (case.folder / JSON).read_bytes() == case.one.paper(case.plan_id).json.encode()
    said = checked(case.folder)
    assert (said["ok"], said["proven"], said["verdict"]) == (True, False, "consistent, not proven")
    assert said["plan"] == ids.spell(case.plan_id)
    answer = check(case.folder)
    assert answer.exit_code == 0
    assert "consistent, not proven" in answer.output
    said = checked(case.folder, "--head", str(case.held))
    assert (said["ok"], said["proven"], said["verdict"]) == (True, True, "proven")
    assert "proven: plan" in check(case.folder, "--head", str(case.held)).output


def test_no_name_stands_in_the_chain(case: Case) -> None:
    chain = without_drawn((case.folder / CHAIN).read_text() + (case.folder / HEAD).read_text())
    for name in ("Bianchi", "Maria", "@", "+39", "0042", "I acknowledge", "1988"):
        assert name not in chain


@pytest.mark.parametrize("name", FILES)
def test_a_byte_that_was_changed_anywhere_names_its_file(case: Case, name: str) -> None:
    """In samples over the whole file, each in three ways: another letter, one less, one more."""
    path = case.folder / name
    content = path.read_bytes()
    places = sorted({0, 1, len(content) - 1, *range(0, len(content), max(1, len(content) // 60))})
    for place in places:
        for other in (bytes([content[place] ^ 1]), b"", content[place : place + 1] + b" "):
            path.write_bytes(content[:place] + other + content[place + 1 :])
            report = pack_files.verify(case.folder, None)
            assert {bad for bad, _ in report.bad} >= {name}, (name, place, other)
            if name != CHAIN:
                assert {bad for bad, _ in report.bad} == {name}, (name, place, other)
            assert pack_files.verify(case.folder, case.held.read_bytes()).proven_by is None
    path.write_bytes(content)
    assert checked(case.folder)["ok"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(case: Case, name: str) -> None:
    (case.folder / name).unlink()
    said = checked(case.folder)
    assert files_named(said) == {name}
    assert name in check(case.folder).stderr


def lines(folder: Path) -> list[bytes]:
    return (folder / CHAIN).read_bytes().splitlines(keepends=True)


def drop(place: int) -> Forge:
    def act(folder: Path) -> None:
        kept = lines(folder)
        del kept[place]
        (folder / CHAIN).write_bytes(b"".join(kept))

    return act


def swap(folder: Path) -> None:
    kept = lines(folder)
    kept[1], kept[2] = kept[2], kept[1]
    (folder / CHAIN).write_bytes(b"".join(kept))


def twice(folder: Path) -> None:
    kept = lines(folder)
    (folder / CHAIN).write_bytes(b"".join([*kept, kept[-1]]))


def empty(folder: Path) -> None:
    (folder / CHAIN).write_bytes(b"")


@pytest.mark.parametrize("forge", [drop(0), drop(1), drop(3), swap, twice, empty])
def test_records_that_are_gone_or_out_of_order_are_noticed(case: Case, forge: Forge) -> None:
    forge(case.folder)
    assert CHAIN in files_named(checked(case.folder))


def test_the_last_records_cannot_be_cut_off_unseen(case: Case) -> None:
    drop(-1)(case.folder)
    assert files_named(checked(case.folder)) == {HEAD}


def made_anew(folder: Path) -> None:
    """Other words in the papers, and every record after them written again so that all follows well."""
    facts = json.loads((folder / JSON).read_text())
    facts["documents"][0]["in_plan"] = "9999.00"
    content = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    (folder / JSON).write_text(content)
    records, before = [], None
    for line in lines(folder):
        record = json.loads(line)
        record.pop("hash")
        if before is not None:
            record["prev"] = before
        if record["type"] == pack_files.KEPT:
            record["data"]["json_sha256"] = hashlib.sha256(content.encode()).hexdigest()
        before = events.digest(record)
        records.append({**record, "hash": before})
    (folder / CHAIN).write_bytes(b"".join(events.canonical(one) + b"\n" for one in records))
    head = json.loads((folder / HEAD).read_text())
    (folder / HEAD).write_bytes(
        pack_files.head_line(head["creditor"], head["creditor_id"], head["seq"], str(before), head["at"])
    )


def test_a_whole_new_history_is_consistent_and_only_the_held_end_finds_it(case: Case) -> None:
    made_anew(case.folder)
    said = checked(case.folder)
    assert (said["ok"], said["verdict"]) == (True, "consistent, not proven")
    said = checked(case.folder, "--head", str(case.held))
    assert not said["ok"]
    assert files_named(said) == {CHAIN}
    assert "made anew" in said["bad"][0]["why"]


def test_the_papers_of_another_plan_are_not_taken_for_these(case: Case, phone: Phone) -> None:
    case.plan_id = agreeing(phone, make_account(make_creditor("verdi"), code="7")).agreed()
    other = case.out("other")
    (case.folder / JSON).write_bytes((other / JSON).read_bytes())
    assert JSON in files_named(checked(case.folder))
    assert checked(other)["ok"]


def test_an_end_that_is_not_of_this_chain_or_not_of_this_time_proves_nothing(case: Case) -> None:
    make_account(make_creditor("verdi"), code="9").add_invoice()
    said = checked(case.folder, "--head", str(case.end("verdi.json", "verdi")))
    assert files_named(said) == {pack_files.HELD}
    for path, why in ((case.early, "before these papers"), (case.late, "export them anew")):
        said = checked(case.folder, "--head", str(path))
        assert (said["ok"], said["proven"]) == (True, False)
        assert why in said["why_not_proven"]
    wrong = case.tmp_path / "wrong.json"
    head = json.loads(case.held.read_text())
    wrong.write_text(json.dumps({**head, "hash": "0" * 64}))
    assert files_named(checked(case.folder, "--head", str(wrong))) == {CHAIN}
    for content in (b"", b"[]", b"{}", b'{"seq": true, "hash": 1, "creditor_id": 2}', b"[" * 100_000):
        wrong.write_bytes(content)
        assert files_named(checked(case.folder, "--head", str(wrong))) == {pack_files.HELD}


def test_an_end_from_the_same_folder_proves_nothing(case: Case) -> None:
    answer = check(case.folder, "--head", str(case.folder / HEAD))
    assert answer.exit_code == 0
    assert "consistent, not proven" in answer.output
    assert "same folder" in answer.output


def test_taken_out_once_more_it_reaches_a_later_end(case: Case) -> None:
    assert checked(case.out("again"), "--head", str(case.late))["proven"]


def test_it_may_end_with_an_end_that_is_held_so_that_no_more_of_others_is_in_it(case: Case) -> None:
    def out(name: str, head: Path) -> Result:
        folder = case.tmp_path / name
        return case.run(evidence.group, "export", ids.spell(case.plan_id), "--out", str(folder), "--head", str(head))

    assert out("short", case.held).exit_code == 0
    assert checked(case.tmp_path / "short", "--head", str(case.held))["proven"]
    chain = (case.tmp_path / "short" / CHAIN).read_text()
    assert "140/2026" in chain
    assert "141/2026" not in chain
    assert "from before these papers" in out("no", case.early).output
    forged = case.tmp_path / "forged.json"
    forged.write_text(json.dumps({**json.loads(case.held.read_text()), "hash": "0" * 64}))
    assert "does not hold" in out("no", forged).output
    assert not (case.tmp_path / "no").exists()


def test_what_cannot_be_taken_out_is_said(case: Case, phone: Phone) -> None:
    def said(plan: str, out: str = "new") -> Result:
        return case.run(evidence.group, "export", plan, "--out", str(case.tmp_path / out))

    assert said("not a number").exit_code == 2
    assert "no such plan" in said(ids.spell(1)).output
    assert "directory of its own" in said(ids.spell(case.plan_id), "pack").output
    other = agreeing(phone, make_account(make_creditor("verdi"), code="3"))
    offered = other.offer()
    assert "was not accepted" in said(ids.spell(offered)).output
    other.accept(offered, work=False)
    assert "not made yet" in said(ids.spell(offered)).output
    assert not (case.tmp_path / "new").exists()
