"""Run by Alembic: migrate the connection that `matching.store.migrating` hands over, inside its transaction."""

from alembic import context

from matching.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, once BEGIN is ours (see database.py); a killed migration leaves nothing
)
with context.begin_transaction():
    context.run_migrations()
