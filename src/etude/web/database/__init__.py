"""Database: SQLite in a file or PostgreSQL by URL, behind plain SQL that holds for both."""

from etude.web.database.connection import Database, Transaction, new_id
from etude.web.database.migrating import migrate

__all__ = ["Database", "Transaction", "migrate", "new_id"]
