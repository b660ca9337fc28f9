"""The mail that tells the creditor's people that the provider and the books differ; never to a debtor (B-07)."""

from portal.core import ids, installation, mail
from portal.core.money import Money
from portal.core.text import t
from portal.creditors.faces import Face
from portal.payments.models import BalanceCheck
from portal.web import i18n


def differs(check: BalanceCheck, face: Face, to: str) -> bytes:
    """The mail's bytes, the same Message-ID for the same difference. Raises ValueError where `to` is no address."""
    settings, currency, language = installation.settings(), check.currency, face.language
    i18n.use(language)
    amounts = {
        "provider": i18n.money(Money(check.provider_minor, currency)),
        "books": i18n.money(Money(check.ledger_minor, currency)),
        "difference": i18n.money(Money(check.difference_minor, currency)),
    }
    said = [
        t("Good day,"),
        t("we compared the payments of %(day)s with your account at the payment provider.", day=i18n.day(check.day)),
        t("The two do not agree: provider %(provider)s, here %(books)s, difference %(difference)s.", **amounts),
        t("Your customers see nothing of this. Please look which payment it is: %(url)s",
          url=f"{settings.public_url}/c/payments/checks/{ids.spell(check.id)}"),
    ]  # fmt: skip
    lines = [i18n.say(sentence, language) for sentence in said]
    return mail.compose(
        mail.Mail(
            sender=settings.smtp.sender,
            sender_name=settings.operator.name,
            to=to,
            subject=i18n.say(t("Please check the payments of %(day)s", day=i18n.day(check.day)), language),
            text="\n\n".join(lines) + "\n",
            message_id=mail.message_id(
                f"{ids.spell(check.id)}-{int(check.status_at.timestamp())}", settings.smtp.sender
            ),
            date=check.status_at,
        )
    )
