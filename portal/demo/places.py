"""Where the demo keeps its things and on which ports it listens; the same at a second start where they are free."""

import json
import shutil
import socket
from dataclasses import asdict, dataclass, fields

from portal.core import webhook_signing
from portal.doubles.phone import phone
from portal.settings import ROOT, Misconfigured, Settings

VAR = ROOT / "var"
PUBLISHED = VAR / "demo.json"
HOME = VAR / "demo"


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports: the portal's is asked for, the others are free ones."""

    portal: int
    smtp: int
    mailbox: int
    stripe: int
    erp: int
    phone: int


def fresh() -> None:
    """Forgets everything that an earlier demo kept."""
    PUBLISHED.unlink(missing_ok=True)
    shutil.rmtree(HOME, ignore_errors=True)


def refuse_if_running(port: int) -> None:
    """One demo at a time, on a free port; raises Misconfigured before anything is touched."""
    if PUBLISHED.exists():
        running = json.loads(PUBLISHED.read_text()).get("base_url", "")
        there = int(running.rpartition(":")[2] or 0)
        if there and not _is_free(there):
            raise Misconfigured(f"a demo is running already at {running}: end it first")
    if not _is_free(port):
        raise Misconfigured(f"port {port} is taken: make demo PORT={port + 1}")


def choose_ports(portal_port: int) -> Ports:
    """The ports of the last start if they are still free, else others; kept for the next start."""
    kept_in = HOME / "ports.json"
    kept = json.loads(kept_in.read_text()) if kept_in.exists() else {}
    taken = {portal_port}
    chosen = {"portal": portal_port}
    for field in fields(Ports):
        if field.name == "portal":
            continue
        wanted = int(kept.get(field.name, 0))
        port = wanted if wanted and wanted not in taken and _is_free(wanted) else _free_port(taken)
        taken.add(port)
        chosen[field.name] = port
    ports = Ports(**chosen)
    HOME.mkdir(parents=True, exist_ok=True)
    kept_in.write_text(json.dumps(asdict(ports)))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def settings(ports: Ports) -> Settings:
    """The installation that the demo runs: SQLite, one process, loopback only."""
    return Settings.read(
        {
            "PORTAL_ENV": "demo",
            "PORTAL_DATABASE_URL": f"sqlite:///{HOME / 'portal.sqlite'}",
            "PORTAL_QUEUE_URL": f"sqlite:///{HOME / 'queue.sqlite'}",
            "PORTAL_KEYS_FILE": str(HOME / "keys.json"),
            "PORTAL_FILES_DIR": str(HOME / "files"),
            "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{ports.portal}",
            "PORTAL_SMTP_HOST": "127.0.0.1",
            "PORTAL_SMTP_PORT": str(ports.smtp),
            "PORTAL_SMTP_SENDER": "portale@portale.example",
            "PORTAL_STRIPE_API_BASE": f"http://127.0.0.1:{ports.stripe}",
            "PORTAL_CHECKOUT_ORIGINS": f"http://127.0.0.1:{ports.stripe}",
            "PORTAL_ALLOWED_LOOPBACK": f"http://127.0.0.1:{ports.erp},http://127.0.0.1:{ports.phone}",
            "PORTAL_SMS_URL": f"http://127.0.0.1:{ports.phone}{phone.SEND_PATH}",
            "PORTAL_SMS_TOKEN": phone.TOKEN,
            "PORTAL_SMS_SENDER": "Portale",
            "PORTAL_SMS_RECEIPTS": "yes",
            "PORTAL_REPORT_SECRETS": f"generic={webhook_signing.new_secret()}",
            "PORTAL_OPERATOR_NAME": "Portale dimostrativo",
            "PORTAL_OPERATOR_EMAIL": "aiuto@portale.example",
            "PORTAL_OPERATOR_PHONE": "+39 039 0000100",
        }
    )
