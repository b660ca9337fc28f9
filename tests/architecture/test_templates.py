"""Every template compiles and is used, and none trusts what others wrote (what it looks like: tests/look)."""

import re
from pathlib import Path

from portal.web.edge import PortalFlask

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
SOURCES = "\n".join(path.read_text() for path in (ROOT / "portal").rglob("*.py"))
ALL = "\n".join(path.read_text() for path in TEMPLATES)


def name(path: Path) -> str:
    return path.relative_to(ROOT / "templates").as_posix()


def test_every_template_compiles(app: PortalFlask) -> None:
    for path in TEMPLATES:
        assert app.jinja_env.get_template(name(path)) is not None


def test_every_template_is_used() -> None:
    unused = []
    for path in TEMPLATES:
        called = name(path)
        message = called.startswith("messages/") and f'"{called.split("/")[1]}"' in SOURCES
        error = called.startswith("errors/")
        if not (message or error or f'"{called}"' in SOURCES or f'"{called}"' in ALL):
            unused.append(called)
    assert unused == []


def test_no_template_trusts_a_string() -> None:
    """Only the drawn code, which is ours from its first byte to its last (portal.core.qr)."""
    trusting = [name(path) for path in TEMPLATES if re.search(r"\|\s*safe\b", path.read_text())]
    assert trusting == ["payments/debtor_transfer.html"]
