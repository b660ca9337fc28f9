"""A double of Stripe for the real client: Checkout, refunds, disputes, events and webhooks over loopback.

    with StripeDouble() as double:
        client = double.client()                       # stripe.StripeClient, pointed here
        double.add_endpoint("http://127.0.0.1:…/in/stripe", "whsec_…")
        session = client.v1.checkout.sessions.create(params={…})
        double.payer.pay_by_card(session.id)           # or open session.url in a browser
        double.webhooks.drain()                        # every signed event has arrived, or was given up

Requests are checked against the SDK's own parameter types. What the double does not model it refuses by name
rather than ignoring it: customers of one's own making, PaymentIntents whose payer is present, subscriptions,
taxes, payouts, application fee objects, manual capture, amounts of nought. The road of a request is in `api`,
what happens to money in `objects/`.
"""

from portal.doubles.stripe.backend import Manner
from portal.doubles.stripe.double import PLATFORM, PLATFORM_KEY, StripeDouble

__all__ = ["PLATFORM", "PLATFORM_KEY", "Manner", "StripeDouble"]
