"""The page that stands for everybody's telephone in the demo."""

import requests

from portal.core import clock
from portal.doubles.authenticator import Authenticator
from portal.people import codes


def test_it_shows_the_codes_that_the_portal_takes() -> None:
    secret = codes.new_secret()
    with Authenticator([("giulia@rossi.example", secret)]) as apps:
        page = requests.get(apps.url, timeout=5)
        shown = requests.get(f"{apps.url}/codes.json", timeout=5).json()["giulia@rossi.example"]
        assert codes.matching_step(secret, shown, clock.now()) is not None
        assert "giulia@rossi.example" in page.text
        assert secret not in page.text
        assert page.headers["Refresh"]
        apps.owners.append(("marco@rossi.example", codes.new_secret()))
        assert "marco@rossi.example" in requests.get(apps.url, timeout=5).text
