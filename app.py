"""What flask, waitress and gunicorn load. A payment method that is not whole stops the start (decision 23)."""

from portal.payments import accounts
from portal.wiring import create_app

app = create_app()
accounts.refuse_to_start_half_configured()
