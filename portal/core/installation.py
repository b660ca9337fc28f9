"""This installation's settings and keys, put here once at start by wiring; read by actions and jobs."""

from portal.core.errors import Misconfigured
from portal.core.signing import Keys
from portal.settings import Settings

_installed: dict[str, Settings | Keys] = {}


def install(settings: Settings, keys: Keys) -> None:
    _installed.update(settings=settings, keys=keys)


def settings() -> Settings:
    found = _installed.get("settings")
    if not isinstance(found, Settings):
        raise Misconfigured("the application has not been created yet")
    return found


def keys() -> Keys:
    found = _installed.get("keys")
    if not isinstance(found, Keys):
        raise Misconfigured("the application has not been created yet")
    return found
