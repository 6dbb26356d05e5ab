"""Accounts, first passwords and tokens, as the command line makes them."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.accounts import Accounts
from api.caller import Role
from api.errors import AccountError, LoginLocked, LoginRefused, Missing
from api.passwords import Passwords
from api.store.opening import open_store
from tests.servers.case_api import PASSWORD, Clock, cheap_passwords


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/cases.db")
    yield store
    store.close()


@pytest.fixture
def accounts(store, clock):
    return Accounts(store, now=clock, passwords=cheap_passwords())


def test_the_first_account_is_an_admin_with_a_password_that_works_once_printed(accounts):
    password = accounts.ensure_one_time("operator")

    caller = accounts.login("operator", password).caller

    assert (caller.role, caller.one_time) == (Role.ADMIN, True)


def test_each_start_prints_a_fresh_one_until_the_person_chooses(accounts):
    first = accounts.ensure_one_time("operator")
    second = accounts.ensure_one_time("operator")
    with pytest.raises(LoginRefused):
        accounts.login("operator", first)
    caller = accounts.login("operator", second).caller

    accounts.change_password(caller, current=second, new=PASSWORD)

    assert accounts.ensure_one_time("operator") is None
    assert accounts.login("operator", PASSWORD).caller.one_time is False


def test_a_role_that_was_changed_survives_a_fresh_one_time_password(accounts):
    accounts.ensure_one_time("operator")
    accounts.set_role("operator", "viewer")

    password = accounts.ensure_one_time("operator")

    assert accounts.login("operator", password).caller.role is Role.VIEWER


def test_one_time_passwords_differ(accounts):
    assert len({accounts.ensure_one_time("operator") for _ in range(5)}) == 5


def test_a_password_set_for_somebody_ends_their_sessions_and_their_lock(accounts):
    accounts.create("li", PASSWORD)
    entry = accounts.login("li", PASSWORD)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            accounts.login("li", "wrong")
    with pytest.raises(LoginLocked):
        accounts.login("li", PASSWORD)

    accounts.set_password("li", "another long one")

    assert accounts.caller_of_session(entry.secret) is None
    assert accounts.login("li", "another long one").caller.name == "li"


def test_the_lock_doubles_up_to_a_quarter_of_an_hour(accounts, clock):
    waits = []
    for attempt in range(12):
        with pytest.raises((LoginRefused, LoginLocked)):
            accounts.login("li", "wrong")
        if attempt >= 4:
            with pytest.raises(LoginLocked) as locked:
                accounts.login("li", "wrong")
            waits.append(locked.value.retry_after_s)
            clock.forward(seconds=locked.value.retry_after_s + 1)

    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


def test_tries_made_at_once_are_counted_before_their_passwords_are_looked_at(accounts):
    accounts.create("li", PASSWORD)

    def outcome(number):
        try:
            accounts.login("li", f"wrong {number}")
        except (LoginRefused, LoginLocked) as error:
            return type(error)

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(outcome, range(20)))

    assert (outcomes.count(LoginRefused), outcomes.count(LoginLocked)) == (5, 15)


def test_a_right_password_forgets_the_tries_before_it(accounts):
    accounts.create("li", PASSWORD)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(LoginRefused):
                accounts.login("li", "wrong")
        caller = accounts.login("li", PASSWORD).caller
    for _ in range(9):
        with pytest.raises(AccountError, match="the old one"):
            accounts.change_password(caller, current=PASSWORD, new=PASSWORD)

    assert accounts.login("li", PASSWORD).caller.name == "li"


def test_the_first_password_is_locked_like_any_other(accounts):
    password = accounts.ensure_one_time("operator")
    for _ in range(5):
        with pytest.raises(LoginRefused):
            accounts.login("operator", "wrong")

    with pytest.raises(LoginLocked):
        accounts.login("operator", password)


def test_a_password_with_half_a_character_is_refused_or_wrong(accounts):
    with pytest.raises(AccountError, match="half a character"):
        accounts.create("li", "long enough \ud800")
    accounts.create("li", PASSWORD)
    with pytest.raises(LoginRefused):
        accounts.login("li", "\ud800")


def test_failures_are_forgotten_after_half_an_hour(accounts, clock):
    accounts.create("li", PASSWORD)
    for _ in range(4):
        with pytest.raises(LoginRefused):
            accounts.login("li", "wrong")
    clock.forward(minutes=31)
    with pytest.raises(LoginRefused):
        accounts.login("li", "wrong")

    assert accounts.login("li", PASSWORD).caller.name == "li"


@pytest.mark.parametrize(
    ("username", "password", "role", "says"),
    [
        ("li", "short", "operator", "at least 10 characters"),
        ("li", PASSWORD, "king", "use viewer, operator, admin"),
        ("li", PASSWORD, "machine", "use viewer, operator, admin"),
        (" ", PASSWORD, "viewer", "1 to 64"),
        ("x" * 65, PASSWORD, "viewer", "1 to 64"),
    ],
)
def test_an_account_that_cannot_be_made_is_told_why(accounts, username, password, role, says):
    with pytest.raises(AccountError, match=says):
        accounts.create(username, password, role)


def test_a_name_is_taken_once(accounts):
    accounts.create("li", PASSWORD)

    with pytest.raises(AccountError, match="another name"):
        accounts.create(" li ", PASSWORD)


def test_accounts_are_listed_without_their_passwords_being_kept(accounts, tmp_path):
    accounts.create("wang", PASSWORD, "viewer")
    accounts.create("li", PASSWORD)

    assert [(account.username, account.role) for account in accounts.list()] == [
        ("li", "operator"),
        ("wang", "viewer"),
    ]
    assert all(account.password_hash.startswith("$argon2id$") for account in accounts.list())


def test_no_secret_is_found_in_the_database(accounts, tmp_path):
    accounts.create("li", PASSWORD)
    session = accounts.login("li", PASSWORD).secret
    token = accounts.issue_token("patrol")

    with sqlite3.connect(tmp_path / "cases.db") as connection:
        everything = "\n".join(connection.iterdump())
    connection.close()

    assert not [secret for secret in (PASSWORD, session, token) if secret in everything]


@pytest.mark.parametrize("do", ["set_password", "set_role"])
def test_an_unknown_account_is_told_so(accounts, do):
    with pytest.raises(Missing, match="no account named 'nobody'"):
        getattr(accounts, do)("nobody", PASSWORD if do == "set_password" else "viewer")


def test_a_tokens_name_is_taken_until_it_is_revoked_or_replaced(accounts):
    first = accounts.issue_token("patrol")
    with pytest.raises(AccountError, match="revoke it first"):
        accounts.issue_token("patrol")
    second = accounts.issue_token("patrol", replace_existing=True)

    assert accounts.caller_of_token(first) is None
    assert accounts.caller_of_token(second).role is Role.MACHINE
    accounts.revoke_token("patrol")
    assert accounts.tokens() == []
    with pytest.raises(Missing, match="patrol"):
        accounts.revoke_token("patrol")


def test_a_token_with_an_unknown_role_is_refused(accounts):
    with pytest.raises(AccountError, match="use viewer, operator, admin, machine"):
        accounts.issue_token("x", "king")


def test_reading_goes_on_when_a_session_cannot_be_prolonged(tmp_path, clock):
    store = open_store(f"sqlite:///{tmp_path}/cases.db", busy_timeout_s=0.1)
    accounts = Accounts(store, now=clock, passwords=cheap_passwords())
    accounts.create("li", PASSWORD)
    secret = accounts.login("li", PASSWORD).secret
    clock.forward(hours=1)

    with store.writing():
        assert accounts.caller_of_session(secret).name == "li"
    store.close()


def test_the_real_hash_is_argon2id_and_matches_only_its_password():
    passwords = Passwords()
    hashed = passwords.hashed(PASSWORD)

    assert hashed.startswith("$argon2id$")
    assert passwords.match(hashed, PASSWORD)
    assert not passwords.match(hashed, PASSWORD + "x")
