"""Files for a creditor's system by mail, once a day: what changed, and the sheets of the days that are over.

Read in one transaction, sent outside of any, kept as told in another once the relay has it: what is not taken goes
with the next mail. The files hold numbers and codes, no names.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.core import clock, ids, installation, mail
from portal.core.relay import Verdict
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.creditors.faces import Face
from portal.sync import actions, outbound, queries, rules
from portal.sync.connectors import BY_MAIL
from portal.sync.models import Connector
from portal.sync.outbound import Waiting
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail with what is told by it."""

    to: str
    content: bytes
    what: Waiting
    sheets: int
    at: datetime


def letter(connector_id: int) -> Letter | None:
    """Today's mail; None where it has gone, its hour has not come, or there is nothing to say."""
    connector, creditor, now = queries.connector(connector_id), creditors.in_scope(), clock.now()
    if connector is None or connector.way not in BY_MAIL or connector.status is ConnectorStatus.STOPPED:
        return None
    zone, way = creditor.time_zone, BY_MAIL[connector.way]
    if not rules.is_mail_due(now, zone, _last(connector)):
        return None
    what, days = outbound.waiting(connector, now, zone), outbound.days(connector, zone)
    files = [(outbound.name(now), what.rows(zone))] if what.changed else []
    files += outbound.sheets(days, zone)
    if not files:
        outbound.settle(what)  # what looked as if it had changed is as they know it
        return None
    attached = tuple(
        mail.Attachment(f"{name}.{way.suffix}", way.media_type, way.written(rows)) for name, rows in files
    )
    content = _written(connector, len(what.changed), attached, creditors.face(creditor.id), now)
    return Letter(connector.url or "", content, what, len(days), now)


def _last(connector: Connector) -> datetime | None:
    found = [queries.last_push(connector.id, result) for result in (Reason.DONE, rules.SHEET)]
    return max((one for one in found if one is not None), default=None)


def _written(
    connector: Connector, changed: int, attached: tuple[mail.Attachment, ...], face: Face, now: datetime
) -> bytes:
    """The mail's bytes; the same Message-ID all day, for a relay that takes it twice."""
    settings, language = installation.settings(), face.language
    said = [
        t("Good day,"),
        t("here are the files for your system, from the portal of %(creditor)s.", creditor=face.name),
        t("Invoices whose state has changed since the last mail: %(count)s.", count=changed),
        t("How they are read, and where to change this: %(url)s", url=f"{settings.public_url}/c/connectors"),
    ]
    return mail.compose(
        mail.Mail(
            sender=settings.smtp.sender,
            sender_name=settings.operator.name,
            to=connector.url or "",
            subject=i18n.say(t("Files for your system"), language),
            text="\n\n".join(i18n.say(sentence, language) for sentence in said) + "\n",
            message_id=mail.message_id(
                f"{ids.spell(connector.id)}-{clock.day_of(now, face.time_zone):%Y%m%d}", settings.smtp.sender
            ),
            date=now,
            attachments=attached,
        )
    )


def keep(connector_id: int, sent: Letter, verdict: Verdict) -> None:
    """What came of it. A relay that is away is asked again on the next round; an address that takes none stops it."""
    connector = queries.connector(connector_id, lock=True)
    if connector is None:
        return
    reason = rules.judge_mail(verdict)
    actions.keep_push(connector.id, reason, sent.at, count=len(sent.what.changed))
    if reason is Reason.CONFIG:
        actions.stop(connector, reason)
    if reason is not Reason.DONE:
        return
    outbound.settle(sent.what)
    if sent.sheets:
        actions.keep_push(connector.id, rules.SHEET, sent.at, count=sent.sheets)
