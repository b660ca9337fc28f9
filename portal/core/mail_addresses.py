"""What counts as one plain e-mail address: the same answer for a file, a page and the command line."""

import re

LONGEST = 254  # RFC 5321, with its angle brackets
_ADDRESS = re.compile(
    r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def is_mail_address(typed: str) -> bool:
    """One address and nothing else: no name, no list, nothing that could end a header line."""
    return len(typed) <= LONGEST and _ADDRESS.fullmatch(typed) is not None
