"""What may go wrong with mail, to be switched on: refused, put off, slow, or cut off in the middle."""

import threading


class Faults:
    """The knobs of the SMTP double; each may be turned from any thread at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: set[str] = set()
        self._deferred: set[str] = set()
        self._failures_left = 0
        self._drops_left = 0
        self._keep_dropped = False
        self._stall_seconds = 0.0
        self._released = threading.Event()
        self._released.set()

    # -- turning the knobs

    def refuse(self, *addresses: str) -> None:
        """These recipients do not exist: 550 until `accept`."""
        with self._lock:
            self._refused |= {address.casefold() for address in addresses}

    def defer(self, *addresses: str) -> None:
        """These recipients are told to come back later: 451 until `accept`."""
        with self._lock:
            self._deferred |= {address.casefold() for address in addresses}

    def accept(self, *addresses: str) -> None:
        """These recipients are well again."""
        gone = {address.casefold() for address in addresses}
        with self._lock:
            self._refused -= gone
            self._deferred -= gone

    def fail_temporarily(self, times: int) -> None:
        """The next `times` mails are answered 451 after their text, and not kept."""
        with self._lock:
            self._failures_left = times

    def drop_after_data(self, times: int, *, keep: bool = False) -> None:
        """The next `times` mails get a cut connection for an answer, and are kept only with `keep`."""
        with self._lock:
            self._drops_left = times
            self._keep_dropped = keep

    def stall(self, seconds: float) -> None:
        """Every mail is answered only after `seconds`, or at once when `release` is called."""
        with self._lock:
            self._stall_seconds = seconds
            self._released.clear()

    def release(self) -> None:
        """No more waiting, also for those who wait now."""
        with self._lock:
            self._stall_seconds = 0.0
            self._released.set()

    def clear(self) -> None:
        """All is well again."""
        self.release()
        with self._lock:
            self._refused.clear()
            self._deferred.clear()
            self._failures_left = self._drops_left = 0

    # -- asked by the server

    def answer_to_recipient(self, address: str) -> str | None:
        """The refusal for this recipient, None when it is welcome."""
        with self._lock:
            if address.casefold() in self._refused:
                return "550 5.1.1 No such mailbox here"
            if address.casefold() in self._deferred:
                return "451 4.2.1 Mailbox busy, try again later"
        return None

    def take_failure(self) -> bool:
        """Whether this mail is one of those to fail for now."""
        with self._lock:
            failing = self._failures_left > 0
            self._failures_left -= failing
            return failing

    def take_drop(self) -> tuple[bool, bool]:
        """Whether to cut the connection on this mail, and whether to keep the mail."""
        with self._lock:
            dropping = self._drops_left > 0
            self._drops_left -= dropping
            return dropping, self._keep_dropped

    def wait(self) -> None:
        """Returns when the stall is over."""
        self._released.wait(self._stall_seconds)
