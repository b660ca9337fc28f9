"""Mail through the installation's relay: the creditor's name in front, the creditor's address for answers."""

import hashlib

from portal.core import ids, installation, mail, relay
from portal.core.text import t
from portal.messages.channels import Sent
from portal.messages.letters import Letter

CODE = "email"
LABEL = t("E-mail")


def send(letter: Letter) -> Sent:
    """Composes and hands over one mail. The same letter again has the same Message-ID, so a second copy is known."""
    content = compose(letter)
    answer = relay.hand_over(installation.settings().smtp, letter.to_address, content)
    return Sent(answer, hashlib.sha256(compose(letter.without_code()) if letter.code else content).hexdigest())


def compose(letter: Letter) -> bytes:
    """The bytes that leave, the real address in them; raises ValueError for an address that is none."""
    sender = installation.settings().smtp.sender
    return mail.compose(
        mail.Mail(
            sender=sender,
            sender_name=letter.sender_name,
            to=letter.to_address,
            reply_to=_answers_to(letter),
            subject=letter.subject,
            text=letter.opened(letter.text),
            html=letter.opened(letter.html),
            message_id=mail.message_id(ids.spell(letter.message_id), sender),
            date=letter.written_at,
            headers=_unsubscribe(letter),
        )
    )


def _answers_to(letter: Letter) -> str | None:
    """The creditor's own address, unless it is none: an answer then comes back to the sender."""
    try:
        return mail.checked_address(letter.reply_to) if letter.reply_to else None
    except ValueError:
        return None


def _unsubscribe(letter: Letter) -> tuple[tuple[str, str], ...]:
    if letter.unsubscribe_url is None:
        return ()
    return (
        ("List-Unsubscribe", f"<{letter.unsubscribe_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
