"""The register of personal data, read from `register.toml`: what each column holds, why, and how long."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

CLASSES = ("none", "personal", "sensitive", "words")
ACTS = ("erase", "pseudonym", "kept")
DEBTOR = "debtor"
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Column:
    """`holds` is a word of CLASSES; `act` what an erasure does, a word of ACTS, none where there is nothing to do."""

    name: str
    holds: str
    act: str | None
    secret: bool
    staff_only: bool


@dataclass(frozen=True, slots=True)
class Period:
    """How long something is kept; `days` from the moment that its kind in portal.privacy.retention counts from."""

    days: int
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    about: str
    basis: str
    keep: str
    why_kept: str | None
    rows_deleted: bool
    columns: dict[str, Column]

    def acted_on(self, act: str) -> list[str]:
        return [name for name, column in self.columns.items() if column.act == act]

    @property
    def given_out(self) -> list[str]:
        """What a person may have of their own rows: everything but secrets and colleagues' ids."""
        return [name for name, one in self.columns.items() if not (one.secret or one.staff_only)]


@dataclass(frozen=True, slots=True)
class Register:
    bases: dict[str, str]
    periods: dict[str, Period]
    tables: dict[str, Table]

    def of_debtors(self) -> list[Table]:
        """The tables with rows about one customer."""
        return [table for table in self.tables.values() if table.about == DEBTOR]


@lru_cache(maxsize=1)
def register() -> Register:
    """The whole register. Raises ValueError for a column that stands twice, or a word that is explained nowhere."""
    written = tomllib.loads((Path(__file__).parent / "register.toml").read_text(encoding="utf-8"))
    periods = {name: Period(**one) for name, one in written["periods"].items()}
    tables = {name: _table(name, one) for name, one in written["tables"].items()}
    for table in tables.values():
        if table.basis not in written["bases"] or table.keep not in periods:
            raise ValueError(f"{table.name}: no such basis or period")
    return Register(written["bases"], periods, tables)


def _table(name: str, written: dict[str, Any]) -> Table:
    def words(key: str) -> list[str]:
        return str(written.get(key, "")).split()

    acts = {column: act for act in ACTS for column in words(act)}
    columns: dict[str, Column] = {}
    for holds in CLASSES:
        for column in words(holds):
            if column in columns:
                raise ValueError(f"{name}.{column} stands twice")
            secret, staff_only = column in words("secret"), column in words("staff_only")
            columns[column] = Column(column, holds, acts.pop(column, None), secret, staff_only)
    if acts:
        raise ValueError(f"{name}: {', '.join(acts)} has no class")
    if written["about"] == DEBTOR:
        left = [column.name for column in columns.values() if column.holds != "none" and column.act is None]
        if left:
            raise ValueError(f"{name}: an erasure must know what to do with {', '.join(left)}")
    return Table(
        name,
        written["about"],
        written["basis"],
        written["keep"],
        written.get("why_kept"),
        written.get("rows") == DELETED,
        columns,
    )
