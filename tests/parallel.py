"""Many at the same moment: the same work in threads that start together, and what came of each."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.actors import Browser

AT_MOST_SECONDS = 60


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(0)` … `work(count - 1)` answered, each in a thread of its own; a raised exception is its answer."""
    start = threading.Barrier(count)

    def one(number: int) -> Any:
        start.wait(AT_MOST_SECONDS)
        try:
            return work(number)
        except Exception as error:  # what was raised is what is asked about
            return error

    with ThreadPoolExecutor(count) as pool:
        return [done.result(AT_MOST_SECONDS) for done in [pool.submit(one, number) for number in range(count)]]


def twin(browser: Browser) -> Browser:
    """A second window of the same browser: its cookies as they are now, then a life of its own."""
    other = type(browser)(browser.app, browser.base_url)
    host = browser.base_url.split("://", 1)[1]
    for name in ("portal", "__Host-portal"):
        cookie = browser.client.get_cookie(name, domain=host)
        if cookie is not None:
            other.client.set_cookie(name, cookie.value, domain=host, secure=cookie.secure)
    other.page = browser.page
    return other
