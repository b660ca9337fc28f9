"""The absolute address behind a link: made when it is needed, stored nowhere (decision 3, rules A-02, A-13)."""

from portal.core import installation, signing

PORTAL, QR = "portal", "qr"
SURVEY = "survey"  # opens one question about how it went, and nothing else
TYPED = "typed"  # a code typed from a letter: it has no address but /t, where it is typed
ON_PAPER = frozenset({QR, TYPED})  # what is printed opens the paper and paying, nothing else (decision 5)


def link_address(link_id: int, purpose: str = PORTAL) -> str:
    """The address that opens the link: built from settings, never from a request's Host (rule A-13)."""
    base = installation.settings().public_url
    if purpose == QR:
        return f"{base}/q/{signing.qr_token(installation.keys(), QR, link_id)}".upper()
    if purpose == SURVEY:
        return f"{base}/s/{signing.link_token(installation.keys(), SURVEY, link_id)}"
    return f"{base}/l/{signing.link_token(installation.keys(), purpose, link_id)}"
