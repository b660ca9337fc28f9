"""Mails that tell the creditor's people what only they can see to; never to a debtor (rule B-07)."""

from datetime import datetime

from portal.core import ids, installation, mail
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.payments.models import BalanceCheck, PaymentAttempt
from portal.web import i18n


def differs(check: BalanceCheck, face: Face, to: str) -> bytes:
    """The provider and the books differ. Raises ValueError where `to` is no address."""
    i18n.use(face.language)
    amounts = {
        "provider": i18n.money(Money(check.provider_minor, check.currency)),
        "books": i18n.money(Money(check.ledger_minor, check.currency)),
        "difference": i18n.money(Money(check.difference_minor, check.currency)),
    }
    day = i18n.day(check.day)
    said = [
        t("Good day,"),
        t("we compared the payments of %(day)s with your account at the payment provider.", day=day),
        t("The two do not agree: provider %(provider)s, here %(books)s, difference %(difference)s.", **amounts),
        t("Your customers see nothing of this. Please look which payment it is: %(url)s",
          url=f"{installation.settings().public_url}/c/payments/checks/{ids.spell(check.id)}"),
    ]  # fmt: skip
    return _composed(t("Please check the payments of %(day)s", day=day), said, face, to, check.id, check.status_at)


def missing(attempt: PaymentAttempt, face: Face, to: str) -> bytes:
    """A payment is not at its provider any more. Raises ValueError where `to` is no address."""
    i18n.use(face.language)
    amount = i18n.money(Money(attempt.amount_minor, attempt.currency))
    said = [
        t("Good day,"),
        t("a payment of %(amount)s was begun here, and your payment provider says that it knows no such payment.",
          amount=amount),
        t("It may be paid or not. Please look at the provider, on the account that you used then."),
        t("What to do with it stands here: %(url)s",
          url=f"{installation.settings().public_url}/c/payments/{ids.spell(attempt.id)}"),
    ]  # fmt: skip
    since = attempt.missing_since or attempt.status_at
    return _composed(t("Please look for a payment of %(amount)s", amount=amount), said, face, to, attempt.id, since)


def _composed(  # noqa: PLR0917 - what a mail is made of
    subject: Text, said: list[Text], face: Face, to: str, about_id: int, at: datetime
) -> bytes:
    """The mail's bytes, the same Message-ID for the same news."""
    settings = installation.settings()
    return mail.compose(
        mail.Mail(
            sender=settings.smtp.sender,
            sender_name=settings.operator.name,
            to=to,
            subject=i18n.say(subject, face.language),
            text="\n\n".join(i18n.say(sentence, face.language) for sentence in said) + "\n",
            message_id=mail.message_id(f"{ids.spell(about_id)}-{int(at.timestamp())}", settings.smtp.sender),
            date=at,
        )
    )
