"""`portal creditor add` and `set`: checked, in one line, and only what was given changes."""

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.commands.creditors import group
from portal.commands.line import Context
from portal.core import db, scope
from portal.core.events import EventRow
from portal.creditors.models import Creditor
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.factories.people import make_person

IBAN, OTHER_IBAN = "IT60X0542811101000000123456", "IT76W0306909606100000123456"


def run(app: PortalFlask, *arguments: str) -> Result:
    return CliRunner().invoke(group, arguments, obj=Context(create_app=lambda _settings: app))


def added(app: PortalFlask, *more: str) -> None:
    done = run(app, "add", "verdi", "--name", "Verdi S.p.A.", "--iban", IBAN, "--phone", "051 1", *more)
    assert done.exit_code == 0, done.output


def kept() -> Creditor:
    with db.transaction(writes=False) as session:
        return session.scalars(select(Creditor)).one()


def changes() -> list[list[str]]:
    with db.transaction(writes=False) as session:
        scope.enter(session.scalars(select(Creditor.id)).one())
        rows = session.scalars(select(EventRow).where(EventRow.name == "creditor.changed").order_by(EventRow.seq))
        return [row.data["fields"] for row in rows]


def test_only_what_is_given_changes_and_history_names_it_without_its_value(app: PortalFlask) -> None:
    added(app, "--language", "en", "--terms", "60")
    done = run(
        app, "set", "verdi", "--iban", "it76 w030 6909 6061 0000 0123 456", "--holder", "Verdi", "--hours", "9–13"
    )
    assert (done.exit_code, done.output) == (0, "changed verdi: account_holder, hours, iban\n")
    now = kept()
    assert (now.iban, now.account_holder, now.hours) == (OTHER_IBAN, "Verdi", "9–13")
    assert (now.name, now.phone, now.language, now.default_terms_days) == ("Verdi S.p.A.", "051 1", "en", 60)
    assert now.gate_fact == "vat_or_tax_code"
    assert changes() == [["account_holder", "hours", "iban"]]
    with db.transaction(writes=False) as session:
        scope.enter(now.id)
        assert OTHER_IBAN not in str([row.data for row in session.scalars(select(EventRow))])


def test_the_same_again_changes_nothing(app: PortalFlask) -> None:
    added(app)
    done = run(app, "set", "verdi", "--iban", IBAN, "--phone", "051 1")
    assert (done.exit_code, done.output) == (0, "nothing was different: verdi\n")
    assert changes() == []


def test_every_option_of_add_is_one_of_set(app: PortalFlask) -> None:
    options = {
        name: {option for parameter in group.commands[name].params for option in parameter.opts}
        for name in ("add", "set")
    }
    assert options["add"] == options["set"]
    added(app)
    everything = {
        "--name": "Verdi e Figli S.p.A.", "--display-name": "Verdi", "--vat": "IT 00743110157", "--iban": OTHER_IBAN,
        "--bic": "uncritmm", "--holder": "Verdi e Figli", "--phone": "051 2", "--email": "a@verdi.example",
        "--contact": "Anna", "--hours": "9–13", "--address": "Via Roma 1", "--language": "en", "--terms": "45",
        "--fact": "postcode",
    }  # fmt: skip
    assert set(everything) | {"slug"} == options["set"]
    done = run(app, "set", "verdi", *(part for pair in everything.items() for part in pair))
    assert done.exit_code == 0, done.output
    now = kept()
    assert (now.vat_number, now.bic, now.default_terms_days, now.gate_fact) == (
        "IT00743110157", "UNCRITMM", 45, "postcode",
    )  # fmt: skip
    assert len(changes()[0]) == len(everything)


def test_an_empty_value_takes_one_away_but_never_a_name(app: PortalFlask) -> None:
    added(app)
    assert run(app, "set", "verdi", "--phone", "", "--iban", "").exit_code == 0
    assert (kept().phone, kept().iban) == (None, None)
    for needed in ("--name", "--display-name", "--language"):
        refused = run(app, "set", "verdi", needed, "")
        assert refused.exit_code == 2
        assert refused.stderr.startswith("Error: A creditor cannot be without this")


WRONG = [
    (("--vat", "01234567890"), "fails the check of IT"),
    (("--vat", "IT01234567890"), "fails the check of IT"),
    (("--vat", "DE136695977"), "fails the check of DE"),
    (("--vat", "743110157"), "perhaps 00743110157?"),
    (("--vat", "7,43110E+8"), "fails the check"),
    (("--vat", "CHE-123.456.789"), "fails the check of CH"),
    (("--iban", "IT64Y0542811101000000123456"), "IBAN"),
    (("--iban", "IT60"), "IBAN"),
    (("--bic", "UNCRIT"), "BIC"),
    (("--email", "anna at verdi"), "e-mail"),
    (("--display-name", "Recupero Crediti Verdi"), "does not speak of debts"),
    (("--holder", "V" * 71), "at most 70"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG, ids=lambda value: str(value[-1])[:20])
@pytest.mark.parametrize("command", ["add", "set"])
def test_what_is_wrong_is_one_line_and_changes_nothing(
    app: PortalFlask, command: str, wrong: tuple[str, ...], why: str
) -> None:
    added(app)
    before = {name: getattr(kept(), name) for name in ("vat_number", "iban", "bic", "email", "display_name", "phone")}
    arguments = (command, "neri", "--name", "Neri") if command == "add" else (command, "verdi", "--phone", "051 9")
    refused = run(app, *arguments, *wrong)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("Error: ")
    assert refused.stderr.count("\n") == 1
    assert why in refused.stderr
    assert {name: getattr(kept(), name) for name in before} == before
    assert changes() == []


@pytest.mark.parametrize(
    "number", ["00743110157", "IT00743110157", "it 007 4311 0157", "DE136695976", "CHE-116.281.710", "US12-3456789"]
)
def test_a_right_number_is_taken_in_any_spelling(app: PortalFlask, number: str) -> None:
    added(app, "--vat", number)
    found = kept().vat_number
    assert found is not None
    assert found.isalnum()
    assert found == found.upper()


def test_a_set_without_anything_or_for_nobody_says_so_in_one_line(app: PortalFlask) -> None:
    added(app)
    for arguments, why in ((("verdi",), "say what to change"), (("neri", "--phone", "1"), "no creditor called neri")):
        refused = run(app, "set", *arguments)
        assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
        assert why in refused.stderr


@pytest.mark.parametrize(
    "option", [("--iban", OTHER_IBAN), ("--iban", ""), ("--bic", "UNCRITMM"), ("--holder", "Ladri")]
)
def test_where_there_is_an_administrator_the_account_is_theirs_to_change(
    app: PortalFlask, option: tuple[str, str]
) -> None:
    """Rule A-66: any change of a creditor's account needs two people and a day."""
    added(app)
    make_person(kept().id, Role.ADMIN)
    refused = run(app, "set", "verdi", *option)
    assert refused.exit_code == 2
    assert "two of its people" in refused.stderr
    assert (kept().iban, kept().account_holder) == (IBAN, None)
    assert run(app, "set", "verdi", "--phone", "051 2").exit_code == 0
