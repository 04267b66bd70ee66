"""Where it is kept: SQLAlchemy tables, Alembic migrations, the Iceberg lake, released files."""
