"""Alembic's way in: the URL is PORTAL_MIGRATION_URL, else PORTAL_DATABASE_URL; portal.core.migrations runs it."""

from alembic import context

from portal.core import db
from portal.core.migrations import is_ours, render_type
from portal.wiring import load_models

load_models()


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=is_ours,
        render_item=render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
