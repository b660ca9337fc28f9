"""Ways back added, changed, stopped; what changed is noticed, sent, kept, tried again, or left to a person."""

from collections.abc import Mapping
from datetime import datetime

from portal.core import clock, db, ids, installation, outbox, signing
from portal.core.addresses import check_url
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.outgoing import Outcome
from portal.core.text import Text, t
from portal.sync import changes, mapping, queries, rules
from portal.sync import events as happened
from portal.sync.connectors import BY_REQUEST, LABELS
from portal.sync.models import Connector, Push, Told
from portal.sync.rules import Reason
from portal.sync.states import CONNECTOR, ConnectorStatus

PUSH = "sync.push"
RESEND = "sync.resend"
HAND = "hand"
LONGEST_URL, LONGEST_KEY = 500, 200
_PIECE = 500


class Wrong(Invalid):
    """What cannot be so: `field` is url, key or mapping."""

    def __init__(self, field: str, sentence: Text) -> None:
        super().__init__(sentence)
        self.field = field


def add(way: str, *, url: str | None = None, key: str | None = None, wanted: str | None = None) -> Connector:
    """A new way back. It is told of what changes from now on. Raises Wrong with what to mend."""
    if way not in LABELS:
        raise Wrong("way", t("Please choose a way."))
    if way not in BY_REQUEST and any(one.way == way for one in queries.connectors()):
        raise Wrong("way", t("This way is there already."))
    if way not in BY_REQUEST and installation.settings().exchange_dir is None:
        raise Wrong("way", t("No folder for files is set up here. Whoever runs the portal can do it."))
    connector = Connector(id=ids.new_id(), way=way, read_seq=changes.last())
    _set(connector, url, key, wanted)
    CONNECTOR.begin(
        connector, ConnectorStatus.ACTIVE, happened.ConnectorAdded(connector_id=connector.id, way=way)
    )
    db.session().add(connector)
    db.session().flush()
    return connector


def change(connector: Connector, *, url: str | None, key: str | None, wanted: str | None) -> None:
    """Another address or mapping; an empty key leaves the one that there is. Raises Wrong."""
    _set(connector, url, key, wanted)
    happened_now = happened.ConnectorChanged(connector_id=connector.id)
    db.session().flush()
    from_now(happened_now)


def from_now(event: happened.ConnectorChanged) -> None:
    from portal.core import events

    events.record(event)
