"""The real `stripe` client against the double without a socket: for simulations of many steps."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe
from flask import Flask
from requests.structures import CaseInsensitiveDict
from werkzeug.test import Client

from portal.doubles.stripe.refusals import ConnectionBroken


class InProcess(stripe.HTTPClient):
    """For `stripe.StripeClient(key, http_client=…)`; a broken connection raises as over a wire."""

    name = "in-process"

    def __init__(self, app: Flask, answered: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._client = Client(app, use_cookies=False)
        self._answered = answered

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            answer = self._client.open(url, method=method.upper(), headers=dict(headers or {}), data=post_data)
        except ConnectionBroken as error:
            raise stripe.APIConnectionError(f"In process: {error}", should_retry=True) from error
        self._answered()
        # The SDK looks headers up without regard to case, which a CaseInsensitiveDict gives it.
        return answer.get_data(as_text=True), answer.status_code, CaseInsensitiveDict(answer.headers.items())

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def instead_of_the_network(app: Flask, answered: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Inside, every client that is made with `stripe.RequestsClient` talks to `app`, without a socket.

    `answered` is called when a request has had its effect and its answer is on the way.
    """
    known = stripe.RequestsClient
    setattr(stripe, "RequestsClient", lambda **_: InProcess(app, answered))  # noqa: B010 - mypy knows it as a class
    try:
        yield
    finally:
        setattr(stripe, "RequestsClient", known)  # noqa: B010
