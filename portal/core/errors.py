"""What can go wrong, said once: the edge turns each into a status and a page in the reader's language."""

from portal.core.text import Text
from portal.settings import Misconfigured

__all__ = ["Invalid", "Misconfigured", "NotAllowedNow", "NotFound", "PortalError", "StaleWrite"]


class PortalError(Exception):
    """Something the person can be told. `text` is for the reader, `status` for HTTP."""

    status = 500

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class NotAllowedNow(PortalError):
    """The business says no: 409, with the reason."""

    status = 409


class StaleWrite(PortalError):
    """Somebody else changed the row first: 409, look again."""

    status = 409


class NotFound(PortalError):
    """No such row for this visitor; another's row looks just the same: 404."""

    status = 404


class Invalid(PortalError):
    """The input does not mean anything: 422, with what would."""

    status = 422
