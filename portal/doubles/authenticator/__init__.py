"""The telephones' authenticator apps, for a demo in which nobody has a telephone: a page with everybody's code."""

from portal.doubles.authenticator.pages import Authenticator

__all__ = ["Authenticator"]
