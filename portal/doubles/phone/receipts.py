"""The gateway's word on what arrived: posted to the portal a moment later, as a network does, and tried again."""

import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from portal.core import clock
from portal.core.ids import new_id, spell
from portal.core.webhook_signing import sign

PATH = "/in/messages/generic"
TRIES = 20


@dataclass
class Receipts:
    """Where they go, and what they are signed with. `what` is the next one's word: delivered, failed or bounced."""

    url: str
    secret: str = field(repr=False)
    what: str = "delivered"
    pause_seconds: float = 0.5

    def send(self, message_id: str) -> threading.Thread:
        """In a thread of its own: the sender of the text has its answer first."""
        told, self.what = self.what, "delivered"
        thread = threading.Thread(target=self._send, args=(message_id, told), daemon=True)
        thread.start()
        return thread

    def _send(self, message_id: str, what: str) -> None:
        told = {"id": message_id, "what": what, "at": clock.iso(clock.now())}
        body = json.dumps({"reports": [told]}).encode()
        for _ in range(TRIES):
            time.sleep(self.pause_seconds)
            headers = sign([self.secret], f"msg_{spell(new_id())}", clock.now(), body)
            headers["Content-Type"] = "application/json"
            request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=10):
                    return
            except (urllib.error.URLError, OSError):
                continue
