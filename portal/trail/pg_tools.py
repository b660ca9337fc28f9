"""pg_dump and pg_restore, where they are on the PATH and know the server: the dump is theirs, one file, compressed.

pg_restore only spells the dump out again: its COPY blocks go into the caller's transaction.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from sqlalchemy.engine import URL, make_url

from portal.trail.manifest import NoBackup

PIECE = "database.dump"
_COPY = re.compile(rb"COPY [^;]+ FROM stdin;\n")
_END = b"\\.\n"


def dumps(server: int) -> bool:
    """Whether there is a pg_dump that is not older than the server (major version)."""
    found = _version("pg_dump")
    return found is not None and found >= server and _version("pg_restore") is not None


def _version(tool: str) -> int | None:
    path = shutil.which(tool)
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603  # nosec B603
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else None


def dump(migration_url: str, target: Path, snapshot: str, tables: Sequence[str]) -> None:
    """The rows of `tables` as the exported snapshot sees them. Raises NoBackup."""
    url = make_url(migration_url)
    # The password does not go where every user of the machine can read it.
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    done = subprocess.run(  # noqa: S603 - our own arguments  # nosec B603
        [
            shutil.which("pg_dump") or "pg_dump",
            f"--dbname={plain.render_as_string()}",
            "--format=custom",
            "--data-only",
            "--no-password",
            f"--snapshot={snapshot}",
            f"--file={target}",
            *(f'--table="{name}"' for name in tables),
        ],
        env={**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoBackup(f"pg_dump failed: {(done.stderr.strip().splitlines() or ['it does not say why'])[-1]}")


def load(connection: psycopg.Connection[object], piece: Path) -> None:
    """Copies the dump's rows into the tables that are there. Raises NoBackup, psycopg.Error."""
    with _spelled_out(piece) as lines, connection.cursor() as cursor:
        for line in lines:
            if _COPY.fullmatch(line) is None:
                continue
            with cursor.copy(line.rstrip(b";\n")) as copy:
                for row in lines:
                    if row == _END:
                        break
                    copy.write(row)


@contextmanager
def _spelled_out(piece: Path) -> Iterator[IO[bytes]]:
    tool = shutil.which("pg_restore")
    if tool is None:
        raise NoBackup("this backup was made by pg_dump: put pg_restore on the PATH")
    arguments = [tool, "--data-only", "--file=-", str(piece)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:  # noqa: S603  # nosec B603
        if running.stdout is None:
            raise TypeError("pg_restore writes to a pipe")
        yield running.stdout
    if running.returncode != 0:
        raise NoBackup("pg_restore cannot read this dump: it may be older than the pg_dump that made it")
