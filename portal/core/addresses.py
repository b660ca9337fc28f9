"""Which addresses the portal may send to: public https ones, in a spelling all parsers read alike (D-22)."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from portal.core.text import Text, t

MAX_URL = 2_000

# ASCII without a backslash and with at most one colon: no two parsers can disagree which part is the host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_INTERNAL = frozenset({"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "lan", "home"})
_UNICAST = IPv6Network("2000::/3")
# Global by the letter, yet a way into other networks: relays and tunnels to IPv4, and documentation.
_DETOURS_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_DETOURS_6 = (IPv6Network("2001::/23"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))


def check_url(url: str, allowed_loopback: frozenset[str] = frozenset()) -> Text | None:
    """Why nothing may be sent to this address, or None; asks no name server, so it may run anywhere.

    `allowed_loopback` holds origins such as `http://127.0.0.1:8001` (decision 38); it is empty in production.
    """
    parts = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if parts is None:
        return _why_unreadable(url)
    if parts["port"] and not 0 < int(parts["port"]) < 65536:
        return t("The port in this address does not exist.")
    if is_allowed_loopback(url, allowed_loopback):
        return None
    if parts["scheme"] != "https":
        return t("The address must begin with https://.")
    return _why_not_host(parts["host"].lower())


def is_allowed_loopback(url: str, allowed_loopback: frozenset[str]) -> bool:
    """Whether the address lies under an origin on this machine that the demo and the tests may reach."""
    parts = _URL.fullmatch(url)
    if parts is None or parts["host"] not in {"127.0.0.1", "localhost", "[::1]"}:
        return False
    return f"{parts['scheme']}://{parts['host']}:{parts['port']}" in allowed_loopback


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Stricter than requests-hardened: an IPv6 address that contains an IPv4 one is never public."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in net for net in _DETOURS_4)
    return address in _UNICAST and not any(address in net for net in _DETOURS_6)


def _why_unreadable(url: str) -> Text:
    if len(url) > MAX_URL:
        return t("This address is too long.")
    if "@" in url.partition("://")[2].partition("/")[0]:
        return t("The address must not contain a user name or a password.")
    if "#" in url:
        return t("The address must not contain a # part.")
    return t("This is not a complete web address, like https://erp.example.com/portal.")


def _why_not_host(host: str) -> Text | None:
    """For a lower-case host that is a name, or an address in its one usual spelling."""
    inside = t("This address lies inside a network. It must be one that is reachable from the internet.")
    labels = host.removesuffix(".").split(".")
    if host.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        try:
            address = ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            # 2130706433, 0177.0.0.1, 0x7f.1, 127.1: system libraries would read them as addresses.
            return t("Please write the name of the server, not a number.")
        return None if is_public(address) else inside
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return t("The name of the server is not spelled correctly.")
    if len(labels) == 1 or labels[-1] in _INTERNAL or labels[-2:] == ["home", "arpa"]:
        return inside
    return None
