"""A mailbox for everybody: a real SMTP server that keeps each mail, and a page to read them."""

from portal.doubles.mailbox.mailbox import Mailbox

__all__ = ["Mailbox"]
