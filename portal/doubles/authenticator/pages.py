"""Everybody's code as their app would show it now; the page looks again by itself."""

from collections.abc import Sequence

from flask import Flask, Response, jsonify, render_template

from portal.core import clock
from portal.doubles.looks import dress, refreshing
from portal.doubles.serving import LoopbackServer
from portal.people import codes

LOOKS_AGAIN = 5  # seconds
Owner = tuple[str, str]  # whose app it is (an e-mail address), and its secret


class Authenticator(LoopbackServer):
    """`owners` may be filled after the start: an app that is set up later shows its code too."""

    def __init__(self, owners: Sequence[Owner] = (), *, port: int = 0) -> None:
        self.owners: list[Owner] = list(owners)
        super().__init__(self._pages(), port)

    def code(self, email: str) -> str:
        """What this person's app shows now. Raises StopIteration for somebody without one."""
        secret = next(secret for owner, secret in self.owners if owner == email)
        return codes.code_at(secret, codes.step_of(clock.now()))

    def _pages(self) -> Flask:
        app = dress(Flask(__name__))

        @app.get("/")
        def show() -> Response:
            shown = [(owner, self.code(owner)) for owner, _ in self.owners]
            left = codes.STEP_SECONDS - int(clock.now().timestamp()) % codes.STEP_SECONDS
            return refreshing(render_template("codes.html", shown=shown, left=left), LOOKS_AGAIN, paused=False)

        @app.get("/codes.json")
        def as_json() -> Response:
            return jsonify({owner: self.code(owner) for owner, _ in self.owners})

        return app
