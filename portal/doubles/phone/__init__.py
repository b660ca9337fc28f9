"""A gateway for text messages that keeps what it is sent, and the phone that shows it (decision 38)."""

from portal.doubles.phone.phone import Phone, Text

__all__ = ["Phone", "Text"]
