"""Alembic's entry: runs the steps on the connection that `storage.migrate` hands over."""

from alembic import context

from storage import account_tables, drift_tables, feedback_tables
from storage.tables import Base

# Imported for their tables, which stand in the common metadata.
del account_tables, drift_tables, feedback_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_server_default=True,
    # Iceberg keeps its catalog in the same database, and its tables are its own.
    include_name=lambda name, kind, _: kind != "table" or name in Base.metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
