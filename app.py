"""What flask, waitress and gunicorn load."""

from portal.wiring import create_app

app = create_app()
