"""What kind of device a visit came on: a class for figures, never the user agent itself."""

PHONE, TABLET, COMPUTER = "phone", "tablet", "computer"
DEVICES = (PHONE, TABLET, COMPUTER)


def device_class(user_agent: str | None) -> str | None:
    """What kind of device the user agent says it runs on; None where it says nothing that browsers say."""
    said = (user_agent or "").lower()
    if "ipad" in said or ("android" in said and "mobile" not in said):
        return TABLET
    if "mobi" in said or "iphone" in said:
        return PHONE
    return COMPUTER if any(one in said for one in ("windows nt", "macintosh", "x11", "cros")) else None
