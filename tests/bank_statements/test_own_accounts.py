"""Whose account a statement is about: the creditor's own, a factor's on its documents, or one that a person confirms."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from portal.bank_statements import own_accounts
from portal.bank_statements.own_accounts import Accounts
from portal.core import db, scope
from portal.invoices.models import DueItem
from portal.settings import Settings
from tests.bank_statements.test_command import run
from tests.bank_statements.world import IBAN, Treasury, euro

OTHER = "DE89370400440532013000"


def foreign(treasury: Treasury, item: int, account: str = OTHER) -> bytes:
    """A statement of an account that is none of the creditor's."""
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    return treasury.bank.statement(treasury.day).replace(IBAN.encode(), account.encode())


def test_a_statement_of_anybodys_account_books_nothing(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    counts = treasury.bring(foreign(treasury, item))
    assert (counts.new, counts.booked, counts.refused) == (0, 0, 1)
    assert (treasury.movements(), treasury.open(item)) == ([], 10000)
    counts = treasury.bring(treasury.bank.statement(treasury.day))
    assert (counts.booked, treasury.open(item), treasury.credit()) == (1, 0, 0), "the own account's is booked, once"


def test_an_account_that_was_confirmed_stays_known(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    content = foreign(treasury, item)
    with db.transaction():
        scope.enter(treasury.creditor_id)
        own_accounts.confirm([OTHER, OTHER], known_by=own_accounts.BY_PERSON)
    assert [one["known_by"] for one in treasury.events("own_account.confirmed")] == ["person"]
    counts = treasury.bring(content)
    assert (counts.booked, counts.refused, treasury.open(item)) == (1, 0, 0)


def test_a_factors_account_on_a_document_is_known(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    with db.transaction():
        scope.enter(treasury.creditor_id)
        db.session().execute(update(DueItem).where(DueItem.id == item).values(iban=OTHER))
    assert (treasury.bring(foreign(treasury, item)).booked, treasury.open(item)) == (1, 0)


def test_only_the_unknown_statement_of_a_file_is_left_out(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    other = foreign(treasury, item)
    counts = treasury.bring(treasury.bank.statement(treasury.day), other)
    assert (counts.booked, counts.refused, treasury.open(item)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("account", "known"),
    [
        (IBAN, True),
        ("it60 x054 2811 1010 0000 0123 456", True),
        ("X0542811101000000123456", True),
        ("0542811101/123456", True),
        ("000000123456", True),
        ("123456", False),
        ("0542811101/654321", False),
        ("0999911101/000000123456", False),
        ("", False),
        (OTHER, False),
    ],
)
def test_spellings(treasury: Treasury, account: str, *, known: bool) -> None:
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        accounts = Accounts.load(treasury.creditor_id)
        assert accounts.is_known(account) is known
        assert (accounts.name_of(account) == IBAN) is known


def test_the_command_line_says_so_and_takes_a_word_for_it(
    house: Settings, treasury: Treasury, tmp_path: Path
) -> None:
    assert house
    item = treasury.due("100.00")
    path = tmp_path / "a.xml"
    path.write_bytes(foreign(treasury, item))
    told = run(str(path), "--creditor", "rossi")
    assert told.exit_code == 1
    assert f"Account {OTHER} is none of yours" in told.stdout
    told = run(str(path), "--creditor", "rossi", "--json")
    (file,) = json.loads(told.stdout)["files"]
    assert (told.exit_code, [one["code"] for one in file["refusals"]]) == (1, [own_accounts.UNKNOWN])
    assert len(file["statements"][0]["movements"]) == 1, "what was read is shown"
    assert treasury.open(item) == 10000
    told = run(str(path), "--creditor", "rossi", "--account", "DE89 3704 0044 0532 0130 00", "--json")
    assert (told.exit_code, json.loads(told.stdout)["files"][0]["refusals"]) == (0, [])
    assert treasury.open(item) == 0
    assert run(str(path), "--dry-run", "--account", OTHER).exit_code == 2
