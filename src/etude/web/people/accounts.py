"""Accounts: who there is, by what they sign in, and under what name their work is published."""

import re
import secrets

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from etude.errors import ConfigError
from etude.web.database import Transaction, new_id

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")
_EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}")
MIN_PASSWORD = 12
MAX_PASSWORD = 256
_FORMER = frozenset({"password1234", "123456789012", "qwertyuiop12", "passwordpassword"})


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    id: str
    email: str
    name: str
    pseudonym: str
    """What data sets call them."""
    admin: bool = False
    """Whether they may make projects and invite whom they like."""
    languages: str = ""
    country: str = ""
    consented_at: float = 0.0
    """When they agreed that their work is published under the pseudonym."""
    created_at: float = 0.0
    disabled_at: float | None = None


COLUMNS = (
    "accounts.id, accounts.email, accounts.name, accounts.pseudonym, accounts.admin,"
    " accounts.languages, accounts.country, accounts.consented_at, accounts.created_at,"
    " accounts.disabled_at"
)


def plain_email(text: str) -> str:
    """Return an address in the form that accounts are found by.

    Raises:
        ConfigError: It is none.
    """
    email = text.strip().casefold()
    if not _EMAIL.fullmatch(email):
        raise ConfigError("that is no e-mail address; it looks like name@example.org")
    return email


def check_password(password: str, email: str) -> None:
    """Refuse a password that is easily guessed (NIST SP 800-63B: long, not known, not a part).

    Raises:
        ConfigError: It is too short or too long, common, or made of the address.
    """
    if len(password) < MIN_PASSWORD:
        raise ConfigError(f"a password needs at least {MIN_PASSWORD} characters")
    if len(password) > MAX_PASSWORD:
        raise ConfigError(f"a password has at most {MAX_PASSWORD} characters")
    if password.casefold() in _FORMER or len(set(password)) < 5:
        raise ConfigError("that password is among the first that anyone tries; take another")
    own = email.split("@", maxsplit=1)[0]
    if len(own) > 3 and own in password.casefold():
        raise ConfigError("a password must not hold the e-mail address")


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What someone says of themselves when they join."""

    email: str
    name: str
    password: str
    languages: str = ""
    country: str = ""


def create(tx: Transaction, new: NewAccount, *, admin: bool, now: float) -> Account:
    """Make an account.

    Raises:
        ConfigError: The address is taken or none, the name empty, or the password weak.
    """
    email = plain_email(new.email)
    name = new.name.strip()[:100]
    if not name:
        raise ConfigError("say what others may call you")
    check_password(new.password, email)
    if find(tx, email) is not None:
        raise ConfigError("there is an account for this address: sign in, then open the link again")
    account = Account(
        id=new_id(),
        email=email,
        name=name,
        pseudonym=f"p{secrets.token_hex(4)}",
        admin=admin,
        languages=new.languages.strip()[:100],
        country=new.country.strip()[:60],
        consented_at=now,
        created_at=now,
    )
    tx.run(
        "INSERT INTO accounts (id, email, name, pseudonym, password_hash, admin, languages,"
        " country, consented_at, created_at) VALUES (:id, :email, :name, :pseudonym, :hash,"
        " :admin, :languages, :country, :now, :now)",
        id=account.id,
        email=email,
        name=name,
        pseudonym=account.pseudonym,
        hash=_HASHER.hash(new.password),
        admin=int(admin),
        languages=account.languages,
        country=account.country,
        now=now,
    )
    return account


def find(tx: Transaction, email: str) -> Account | None:
    """Return the account of an address."""
    return tx.one(Account, f"SELECT {COLUMNS} FROM accounts WHERE email = :email", email=email)  # noqa: S608


def by_id(tx: Transaction, account_id: str) -> Account | None:
    """Return the account with this id."""
    return tx.one(Account, f"SELECT {COLUMNS} FROM accounts WHERE id = :id", id=account_id)  # noqa: S608


def n_admins(tx: Transaction) -> int:
    """Return how many people can make projects."""
    return int(tx.number("SELECT COUNT(*) FROM accounts WHERE admin = 1 AND disabled_at IS NULL"))


class _Secret(msgspec.Struct, frozen=True):
    password_hash: str


def password_holds(tx: Transaction, account: Account | None, password: str) -> bool:
    """Whether a password is that of the account; takes as long where there is no account."""
    secret = account and tx.one(
        _Secret, "SELECT password_hash FROM accounts WHERE id = :id", id=account.id
    )
    try:
        holds = _HASHER.verify(secret.password_hash if secret else _NOBODY, password[:MAX_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        return False
    return holds and secret is not None


def set_password(tx: Transaction, account: Account, password: str) -> None:
    """Change a password; ending the sessions is for the caller.

    Raises:
        ConfigError: The password is weak.
    """
    check_password(password, account.email)
    tx.run(
        "UPDATE accounts SET password_hash = :hash WHERE id = :id",
        hash=_HASHER.hash(password),
        id=account.id,
    )


def set_admin(tx: Transaction, account_id: str) -> None:
    """Let someone make projects and invite whom they like."""
    tx.run("UPDATE accounts SET admin = 1 WHERE id = :id", id=account_id)


def set_disabled(tx: Transaction, account_id: str, at: float | None) -> None:
    """Close an account, or open it again with `None`; its work stays."""
    tx.run("UPDATE accounts SET disabled_at = :at WHERE id = :id", at=at, id=account_id)
