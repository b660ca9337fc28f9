"""The same file brought in by several people at the same moment is brought in once."""

from portal.bank_statements import batches, taking_in
from portal.core import db, scope
from tests.bank_statements.world import OPTIONS, Treasury, euro
from tests.parallel import at_once


def test_the_same_file_at_the_same_moment_is_once(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    for _ in range(30):
        treasury.bank.credit(euro("1.00"), treasury.day, reference=treasury.reference(item))
    path = treasury.folder / "a.xml"
    path.write_bytes(treasury.bank.statement(treasury.day))

    def bring(_: int) -> taking_in.Counts:
        with db.transaction():
            scope.enter(treasury.creditor_id)
            batch_id = batches.begin(OPTIONS, [path])
        return taking_in.run(treasury.creditor_id, batch_id, OPTIONS, [(path.name, path)])

    counts = at_once(4, bring)
    assert [one for one in counts if isinstance(one, Exception)] == []
    assert (sum(one.new for one in counts), sum(one.known for one in counts)) == (30, 90)
    assert (treasury.open(item), treasury.credit(), len(treasury.movements())) == (7000, 0, 30)
