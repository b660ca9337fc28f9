"""The lines to the world outside, without sockets: Stripe's API and webhooks, the ERPs, the mail relay.

What is sent is the real thing (the real client's requests, signed webhooks, composed mails); what is replaced is
the transport alone, so that a seed ends in the same way on every machine.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from portal.core import outgoing, relay
from portal.core.outgoing import Failure, Outcome
from portal.core.relay import PHRASES, Answer, Verdict
from portal.doubles.erp.deliveries import Deliveries
from portal.doubles.erp.signatures import NotBelieved, verified_instant
from portal.doubles.mailbox.store import MailStore
from portal.doubles.stripe import PLATFORM, StripeDouble
from portal.doubles.stripe.in_process import instead_of_the_network
from portal.settings import Smtp
from portal.simulator.cast import PUBLIC_URL, House
from portal.simulator.swapping import swapped


@dataclass(frozen=True, slots=True)
class Trouble:
    """One prescribed answer: an HTTP status or None for silence; `kept` when what was sent arrived all the same."""

    status: int | None
    kept: bool = False
    retry_after: int | None = None


@dataclass
class Erp:
    """One creditor's system: verifies every delivery, keeps each event once, answers as prescribed."""

    house: House
    deliveries: Deliveries = field(default_factory=Deliveries)
    troubles: deque[Trouble] = field(default_factory=deque)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        lowered = {name.lower(): value for name, value in headers.items()}
        trouble = self.troubles.popleft() if self.troubles else Trouble(204, kept=True)
        if trouble.kept:
            try:
                sent_at = verified_instant(self.house.erp_secret, lowered, body)
            except NotBelieved as refused:
                self.deliveries.refuse(lowered.get("webhook-id", ""), str(refused), body.decode())
                return Outcome(status=400)
            self.deliveries.take(lowered["webhook-id"], sent_at, body.decode())
        if trouble.status is None:
            return Outcome(error=Failure.TIMEOUT)
        return Outcome(status=trouble.status, retry_after=trouble.retry_after)


@dataclass
class MailRelay:
    """The relay, with the mailboxes behind it. Verdicts are prescribed, or an address is no mailbox at all."""

    store: MailStore = field(default_factory=lambda: MailStore(keep=100_000))
    troubles: deque[tuple[Verdict, bool]] = field(default_factory=deque)  # and whether the mail was kept all the same
    gone: set[str] = field(default_factory=set)

    def hand_over(self, smtp: Smtp, recipient: str, content: bytes) -> Answer:
        verdict, kept = self.troubles.popleft() if self.troubles else (Verdict.ACCEPTED, True)
        if recipient in self.gone:
            verdict, kept = Verdict.BOUNCED, False
        if kept:
            self.store.add(smtp.sender, (recipient,), content)
        return Answer(verdict, PHRASES[verdict.value].msgid)


@dataclass
class Postman:
    """Stripe's webhooks on their way to the application, in this thread."""

    app: Any
    statuses: list[int] = field(default_factory=list)

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        client = self.app.test_client(use_cookies=False)
        answer = client.post(url.removeprefix(PUBLIC_URL), base_url=PUBLIC_URL, data=body, headers=headers)
        self.statuses.append(answer.status_code)
        return int(answer.status_code)


def stripe_double(houses: Sequence[House], postman: Postman, seed: str) -> StripeDouble:
    """Stripe with every creditor's account in it; nothing moves there but by `tick` and `webhooks.pump`."""
    number = random.Random(seed).getrandbits(32)  # noqa: S311 - a seed must say the same again
    double = StripeDouble(background=False, seed=number, send=postman.send)
    double.backend.base_url = "https://checkout.stripe.test"
    for house in houses:
        if house.connected:
            double.accounts.add(house.stripe_account, name=house.name)
            double.accounts.connect(PLATFORM, house.stripe_account)
            double.add_endpoint(house.notice_url, house.stripe_secret, connect=True)
        else:
            double.accounts.add(house.stripe_account, key=house.stripe_key, name=house.name)
            double.add_endpoint(house.notice_url, house.stripe_secret, account=house.stripe_account)
    return double


@contextmanager
def connected(
    double: StripeDouble, erps: Mapping[str, Erp], mail: MailRelay, made: Callable[[], None]
) -> Iterator[None]:
    """Inside, whatever the application sends out arrives at these; `made` hears of each call that had its effect."""

    def post(url: str, body: bytes, headers: Mapping[str, str], **_: Any) -> Outcome:
        outcome = erps[url].post(body, headers)
        made()
        return outcome

    def hand_over(smtp: Smtp, recipient: str, content: bytes) -> Answer:
        answer = mail.hand_over(smtp, recipient, content)
        made()
        return answer

    with ExitStack() as stack:
        stack.enter_context(instead_of_the_network(double.app, made))
        stack.enter_context(swapped(outgoing, "post", post))
        stack.enter_context(swapped(relay, "hand_over", hand_over))
        yield
