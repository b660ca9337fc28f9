"""What people and banks do outside the API: the payer at the hosted page, and the banks behind it."""

from collections.abc import Callable

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import disputes, payments, refunds, setups
from portal.doubles.stripe.objects.cards import CardEntry, DebitEntry
from portal.doubles.stripe.store import Doc


class Payer:
    """The hosted page without a browser: the same effects, errors raised instead of shown."""

    def __init__(self, backend: Backend, tick: Callable[[], None]) -> None:
        self._backend = backend
        self._tick = tick

    def pay_by_card(self, session_id: str, number: str = "4242424242424242") -> str:
        """`paid` or `authenticate`; raises `payments.Declined` or `payments.SessionClosed`."""
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.fetch(session_id)
            return payments.pay_by_card(self._backend, session, CardEntry(number=number))

    def authenticate(self, session_id: str, *, approve: bool = True) -> None:
        """Answers 3-D Secure; refusing raises `payments.Declined`."""
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.fetch(session_id)
            payments.authenticate(self._backend, session, approve=approve)

    def pay_by_debit(self, session_id: str, iban: str = "AT611904300234573201") -> str:
        """Orders a SEPA debit: `processing`."""
        with self._backend.store.lock:
            self._tick()
            session = self._backend.store.fetch(session_id)
            return payments.pay_by_debit(self._backend, session, DebitEntry(iban=iban))

    def save_card(self, session_id: str, number: str = "4242424242424242") -> str:
        """In setup mode: `saved` or `authenticate`; raises `payments.Declined` or `payments.SessionClosed`."""
        with self._backend.store.lock:
            self._tick()
            return setups.save_card(self._backend, self._backend.store.fetch(session_id), CardEntry(number=number))

    def save_debit(self, session_id: str, iban: str = "AT611904300234573201") -> str:
        """In setup mode: `saved`."""
        with self._backend.store.lock:
            self._tick()
            return setups.save_debit(self._backend, self._backend.store.fetch(session_id), DebitEntry(iban=iban))

    def authenticate_saving(self, session_id: str, *, approve: bool = True) -> None:
        """Answers 3-D Secure in setup mode; refusing raises `payments.Declined`."""
        with self._backend.store.lock:
            self._tick()
            setups.authenticate(self._backend, self._backend.store.fetch(session_id), approve=approve)


class Bank:
    """Verdicts that arrive on their own some day; here, when told to. Each takes the id of its object."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def settle(self, payment_intent: str, *, failure: str | None = None) -> None:
        """Answers a debit in `processing`: paid, or `failure` (a failure code); else ValueError."""
        with self._backend.store.lock:
            intent = self._backend.store.fetch(payment_intent)
            if intent["status"] != "processing":
                raise ValueError(f"{payment_intent} is {intent['status']}, not processing")
            payments.settle(self._backend, intent, failure=failure)

    def bounce(self, charge: str, *, failure: str = "insufficient_funds") -> None:
        """Takes back a bank debit that had paid: days later, as banks do; else ValueError."""
        with self._backend.store.lock:
            payments.bounce(self._backend, self._backend.store.fetch(charge), failure)

    def dispute(
        self, charge: str, *, amount: int | None = None, reason: str = "fraudulent", inquiry: bool = False
    ) -> Doc:
        """The cardholder contests a charge, whole or in part; the dispute as the API shows it."""
        with self._backend.store.lock:
            doc = self._backend.store.fetch(charge)
            dispute = disputes.open_dispute(self._backend, doc, amount=amount, reason=reason, inquiry=inquiry)
            return self._backend.present(dispute)

    def close_dispute(self, dispute: str, *, won: bool) -> None:
        """The network's verdict, seen from the account; raises a Refusal when there is one already."""
        with self._backend.store.lock:
            disputes.close(self._backend, self._backend.store.fetch(dispute), won=won)

    def conclude_refund(self, refund: str, status: str, *, failure: str = "expired_or_canceled_card") -> None:
        """Ends a refund: `succeeded`, `failed` (even after it had succeeded) or `canceled`."""
        with self._backend.store.lock:
            refunds.conclude(self._backend, self._backend.store.fetch(refund), status, failure)
