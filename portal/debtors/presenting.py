"""What the layout of a debtor's page needs, given to every template behind the gate."""

from typing import Any

from flask import g, url_for

from portal.debtors.visits import Current


def common() -> dict[str, Any]:
    """A context processor: the creditor's face and the ways out; nothing when nobody is behind the gate."""
    visit = g.get("visit")
    if not isinstance(visit, Current):
        return {}
    return {
        "visit": visit,
        "creditor": visit.creditor,
        "agency": visit.agency,
        "brand_css_url": visit.creditor.brand_css_url,
        "signed_in": True,
        "home_url": url_for("home_debtor.show"),
        "leave_url": url_for("door_debtor.leave"),
        "difficulty_url": url_for("hardship_debtor.show") if visit.may_answer else None,
        "writing_url": url_for("channel_wishes_debtor.show") if visit.may_answer else None,
        "wrong_url": url_for("wrong_addresses_debtor.show") if visit.may_answer else None,
        "genuine_url": url_for("door.show_genuine"),
        "privacy_url": url_for("door.show_privacy"),
    }
