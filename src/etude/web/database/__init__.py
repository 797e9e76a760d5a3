"""Database: SQLite in a file or PostgreSQL by URL, behind plain SQL that holds for both."""

from etude.web.database.connection import CollidedError, Database, Transaction, new_id
from etude.web.database.migrating import migrate

__all__ = ["CollidedError", "Database", "Transaction", "migrate", "new_id"]
