"""The mail that tells an endpoint's owner that it was stopped: to the creditor's people, never to a debtor."""

from urllib.parse import urlsplit

from portal.core import ids, installation, mail
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.web import i18n
from portal.webhooks.models import Endpoint


def owner_of(endpoint: Endpoint, face: Face) -> str | None:
    """Who is told: the address given with the endpoint, else the creditor's own."""
    return endpoint.notify_email or face.email


def stopped(endpoint: Endpoint, face: Face, to: str) -> bytes:
    """The mail's bytes, the same Message-ID for the same stop. Raises ValueError for an address that is none."""
    settings = installation.settings()
    host = urlsplit(endpoint.url).hostname or ""  # the path may hold a password of theirs
    at = endpoint.status_at
    said = [
        t("Good day,"),
        t("we have stopped sending events of %(creditor)s to %(host)s.", creditor=face.name, host=host),
        t("The reason: %(why)s.", why=Text(endpoint.stopped_why or "")),
        t("Nothing is lost for 30 days: what happens now waits, and goes out when you let it listen again."),
        t("Look at it here: %(url)s", url=f"{settings.public_url}/c/webhooks"),
    ]
    lines = [i18n.say(sentence, face.language) for sentence in said]
    return mail.compose(
        mail.Mail(
            sender=settings.smtp.sender,
            sender_name=settings.operator.name,
            to=to,
            subject=i18n.say(t("%(host)s no longer receives your events", host=host), face.language),
            text="\n\n".join(lines) + "\n",
            message_id=mail.message_id(f"{ids.spell(endpoint.id)}-{int(at.timestamp())}", settings.smtp.sender),
            date=at,
        )
    )
