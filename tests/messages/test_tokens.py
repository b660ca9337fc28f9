"""A link's token stands in the mail that went out and nowhere else (A-02, A-20, decision 3)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.core import db, scope
from portal.core.scope import GLOBAL_TABLES
from portal.doubles.mailbox import Mailbox
from tests.actors import Debtor
from tests.factories.messages import cared_for, sent
from tests.factories.world import Account, make_account


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any logger says, down to the last detail; not the mailbox's own, which is the far side."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(lambda record: not record.name.startswith("mail"))
    handler.setFormatter(logging.Formatter("%(message)s %(args)s %(exc_text)s"))
    watched = [logging.getLogger(), logging.getLogger("portal")]
    levels = [logger.level for logger in watched]
    for logger in watched:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(watched, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def dump(account: Account) -> str:
    """Every value of every table: the creditor's rows and the global ones."""
    found: list[str] = []
    for mapper in db.Base.registry.mappers:
        with db.transaction(writes=False) as session:
            if mapper.local_table.name not in GLOBAL_TABLES:
                scope.enter(account.creditor_id)
            found += [
                json.dumps(
                    [getattr(row, column.key) for column in mapper.column_attrs], default=repr, ensure_ascii=False
                )
                for row in session.scalars(select(mapper.class_))
            ]
    return "\n".join(found)


def test_a_token_is_in_no_table_and_in_no_log(mailbox: Mailbox, debtor: Debtor, logged: io.StringIO) -> None:
    account = make_account()
    courtesy = cared_for(account)
    mailbox.faults.drop_after_data(1)
    sent(account)
    first = mailbox.messages[0]
    address = first.link("/l/")
    debtor.enter(address, account.fact)
    assert debtor.path == "/d/"
    unsubscribe = str(first.message["List-Unsubscribe"]).strip("<>")
    debtor.get(unsubscribe)
    assert debtor.status == 200
    mailbox.faults.refuse("cliente.0042@bianchi.example")
    sent(account)
    tokens = [address.rpartition("/")[2], unsubscribe.rpartition("/")[2]]
    kept, said = dump(account), logged.getvalue()
    assert courtesy.subject
    assert courtesy.subject in kept, "the dump sees what is kept of a message"
    assert "will try again" in said, "the log is being read"
    for token in tokens:
        assert len(token) >= 32
        assert token not in kept
        assert token not in said
    assert address not in debtor.text
