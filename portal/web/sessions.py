"""The one cookie of each side, signed with HMAC-SHA256 and a salt of its own; it holds ids, never data.

Debtors get `__Host-portal`, staff `__Host-portal-staff`; over plain http (loopback only) without the prefix,
which browsers accept over https alone (rules A-03, A-06, A-22, decision 24).
"""

import hashlib

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.core import signing

STAFF_SECONDS = 12 * 3600
DEBTOR_SECONDS = 3600


class PortalSessions(SecureCookieSessionInterface):
    """Signed cookie sessions, one cookie for debtors and one for staff."""

    session_class = SecureCookieSession

    def __init__(self, keys: signing.Keys, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.secure = secure
        self._cookies = {False: f"{prefix}portal", True: f"{prefix}portal-staff"}
        self._serializers = {
            side: URLSafeTimedSerializer(
                list(keys.signing),
                salt="portal-cookie-staff" if side else "portal-cookie",
                signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
            )
            for side in (False, True)
        }

    @staticmethod
    def for_staff(path: str) -> bool:
        return path == "/c" or path.startswith("/c/")

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:  # noqa: ARG002
        side = self.for_staff(request.path)
        written = request.cookies.get(self._cookies[side])
        if not written:
            return self.session_class()
        try:
            data = self._serializers[side].loads(written, max_age=STAFF_SECONDS if side else DEBTOR_SECONDS)
        except BadSignature:
            return self.session_class()
        return self.session_class(data if isinstance(data, dict) else {})

    def save_session(self, app: Flask, session: SecureCookieSession, response: Response) -> None:  # type: ignore[override]  # noqa: ARG002
        if not session.modified:
            return
        side = self.for_staff(request.path)
        name = self._cookies[side]
        if not session:
            response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="Lax")
            return
        response.set_cookie(
            name,
            self._serializers[side].dumps(dict(session)),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Lax",
        )
