"""Who may look at the data sets of the app."""

from etude.web.database import Transaction
from etude.web.people.accounts import Account


def may_see(tx: Transaction, account: Account) -> bool:
    """Whether someone may look: who may make projects, and leads, reviewers, viewers of any.

    Writers and raters may not: data sets tell who wrote which answer, and which items test them.
    """
    return account.admin or bool(
        tx.number(
            "SELECT COUNT(*) FROM memberships WHERE account_id = :account"
            " AND role IN ('lead', 'reviewer', 'viewer')",
            account=account.id,
        )
    )


def hidden(tx: Transaction, account: Account) -> frozenset[str]:
    """Return the names of data sets that someone may not see: exports of others' projects."""
    if account.admin:
        return frozenset()
    return frozenset(
        tx.texts(
            "SELECT name FROM exports WHERE project_id NOT IN (SELECT project_id FROM memberships"
            " WHERE account_id = :account AND role IN ('lead', 'reviewer', 'viewer'))",
            account=account.id,
        )
    )
