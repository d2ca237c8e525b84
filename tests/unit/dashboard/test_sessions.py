"""Sessions in cookies."""

from __future__ import annotations

import pytest
from aiohttp import web
from cryptography.fernet import Fernet

from converter.dashboard.sessions import COOKIE, Session, SessionKeyError, Sessions, TokenTooLongError, matches


def started(sessions, token="secret-token", *, secure=True):
    response = web.Response()
    sessions.start(response, token, secure=secure)
    return response.cookies[COOKIE]


def test_a_cookie_holds_the_token_for_every_replica_with_the_key():
    key = Fernet.generate_key()
    cookie = started(Sessions(key))
    session = Sessions(key).read(cookie.value)
    assert session.token == "secret-token"
    assert len(session.csrf) > 20
    assert "secret-token" not in cookie.value
    assert Sessions().read(cookie.value) is None


def test_a_cookie_is_for_this_server_alone():
    cookie = started(Sessions())
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")
    assert not started(Sessions(), secure=False)["secure"]


@pytest.mark.parametrize("change", [lambda _: "", lambda text: text[:-2] + "AA", lambda text: "x" + text])
def test_a_changed_cookie_is_none(change):
    sessions = Sessions()
    assert sessions.read(change(started(sessions).value)) is None
    assert sessions.read(None) is None


def test_a_session_ends(monkeypatch):
    sessions = Sessions()
    value = started(sessions).value
    assert sessions.read(value) is not None
    monkeypatch.setattr("converter.dashboard.sessions.SECONDS", -1)
    assert sessions.read(value) is None


def test_the_cookie_is_removed():
    response = web.Response()
    Sessions().end(response, secure=True)
    assert response.cookies[COOKIE]["max-age"] == "0"


def test_a_token_that_is_too_long_is_refused():
    with pytest.raises(TokenTooLongError):
        started(Sessions(), "x" * 4000)


def test_the_key_is_read_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(Fernet.generate_key() + b"\n")
    assert Sessions.from_file(file).read(started(Sessions.from_file(file)).value) is not None
    for wrong in ("short", ""):
        file.write_text(wrong)
        with pytest.raises(SessionKeyError):
            Sessions.from_file(file)
    with pytest.raises(SessionKeyError):
        Sessions.from_file(tmp_path / "none")


def test_a_form_has_the_secret_of_its_session():
    session = Session("t", "secret")
    assert matches(session, "secret")
    assert not matches(session, "")
    assert matches(None, "")
