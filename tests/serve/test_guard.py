"""Who is let in, and who is not."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mt.errors import UsageError
from mt.serve import Access, Bind, Desk
from mt.serve.access import FAILURES, WAITING
from mt.serve.guard import LARGEST_BODY
from tests.serve.browser import running
from tests.serve.conftest import client_of, sign_in

TOKEN = "correct horse battery"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "review.example", "10.0.0.1"])
def test_an_address_that_others_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="token"):
        Access(Bind(host))
    assert Access(Bind(host), TOKEN).token_required


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_a_loopback_address_needs_none(host: str) -> None:
    assert not Access(Bind(host)).token_required


def test_a_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="12"):
        Access(Bind(), "elevenchars")


def test_the_token_itself_is_not_kept() -> None:
    access = Access(Bind(), TOKEN)
    assert TOKEN not in repr({name: repr(value) for name, value in vars(access).items()})


def test_the_command_refuses_to_start_without_a_token(tmp_path: Path) -> None:
    words = ["--host", "0.0.0.0", "--store", str(tmp_path / "s.db")]
    script = "import sys; from mt.cli import serve, report; from typer.main import get_command\n"
    script += "call = lambda: get_command(serve.app).main(sys.argv[1:], standalone_mode=False)\n"
    script += "sys.exit(report.run(call))"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--token" in done.stderr


def test_nothing_is_given_out_before_signing_in(desk: Desk) -> None:
    client = client_of(desk, TOKEN)
    for path in (
        "/api/queue",
        "/api/pairs/1",
        "/api/events",
        "/api/plots/days.svg",
        "/api/documents",
        "/api/nothing",
    ):
        assert client.get(path).status_code == 401, path
    assert client.post("/api/next", json={}).status_code == 401
    assert client.get("/").status_code == 200


def test_only_the_right_token_opens(desk: Desk) -> None:
    client = client_of(desk, TOKEN)
    for wrong in ("", "correct horse batter", TOKEN + "x", TOKEN.upper()):
        body = {"reviewer": "anna", "token": wrong}
        assert client.post("/api/session", json=body).status_code == 403
    assert sign_in(client, "anna", TOKEN).get("/api/queue").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(desk: Desk) -> None:
    answer = client_of(desk, TOKEN).post("/api/session", json={"reviewer": "anna", "token": TOKEN})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


def test_guessing_has_to_wait_and_the_right_token_waits_too(desk: Desk) -> None:
    client = client_of(desk, TOKEN, lambda: 1000.0)
    body = {"reviewer": "anna", "token": "wrong wrong wrong"}
    answers = [client.post("/api/session", json=body).status_code for _ in range(FAILURES + 1)]
    assert answers == [403] * FAILURES + [429]
    answer = client.post("/api/session", json={**body, "token": TOKEN})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_wrong_tokens_are_forgotten_after_a_minute() -> None:
    now = [1000.0]
    access = Access(Bind(), TOKEN, now=lambda: now[0])
    for _ in range(FAILURES):
        assert access.admit("wrong wrong wrong", "10.0.0.1") is None
    assert access.admit(TOKEN, "10.0.0.1") == pytest.approx(60)
    assert access.admit(TOKEN, "10.0.0.2") == 0
    now[0] += 61
    assert access.admit(TOKEN, "10.0.0.1") == 0
    assert access.admit("wrong wrong wrong", "10.0.0.1") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:2"), ("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::2")],
)
def test_an_attacker_with_many_addresses_counts_as_one(one: str, other: str) -> None:
    access = Access(Bind(), TOKEN, now=lambda: 1000.0)
    for _ in range(FAILURES):
        assert access.admit("wrong wrong wrong", one) is None
    assert access.admit(TOKEN, other)
    assert access.admit(TOKEN, "2001:db8:0:1::1") == 0


def test_guesses_at_the_same_time_do_not_pass_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from mt.serve import access as module

    compared: list[str] = []
    access = Access(Bind(), TOKEN, now=lambda: 1000.0)
    monkeypatch.setattr(module, "_scrypt", lambda token, _salt: compared.append(token) or b"")
    with access._hashing:
        threads = [
            threading.Thread(target=access.admit, args=(f"wrong wrong {n}", "10.0.0.1")) for n in range(30)
        ]
        for thread in threads:
            thread.start()
        while sum(thread.is_alive() for thread in threads) > WAITING:
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert len(compared) == FAILURES


def test_ten_reviewers_behind_one_address_come_in_at_the_same_time() -> None:
    access, answers = Access(Bind(), TOKEN), []
    threads = [
        threading.Thread(target=lambda: answers.append(access.admit(TOKEN, "10.0.0.1"))) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [0.0] * 10


def test_signing_out_ends_the_session_wherever_its_cookie_lies(desk: Desk) -> None:
    client = sign_in(client_of(desk, TOKEN), "anna", TOKEN)
    cookie = client.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    assert client.get("/api/queue").status_code == 200
    assert client.delete("/api/session").json()["signed_in"] is False
    client.cookies.clear()
    assert client.get("/api/queue", headers={"cookie": cookie}).status_code == 401


def test_servers_on_one_machine_do_not_take_each_others_cookies() -> None:
    assert Access(Bind(port=8765)).cookie_name != Access(Bind(port=9000)).cookie_name


def test_a_client_that_says_nothing_is_hung_up_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from mt.serve import server

    monkeypatch.setattr(server, "HEADER_SECONDS", 0.3)
    with running(desk) as address:
        place = ("127.0.0.1", int(address.rpartition(":")[2]))
        for said in (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "):
            with socket.create_connection(place, 30) as connection:
                connection.sendall(said)
                assert connection.recv(100) == b""


def test_a_session_outlives_a_restart_but_not_another_token_nor_its_time() -> None:
    now = [1000.0]
    cookie = Access(Bind(), TOKEN, now=lambda: now[0]).open_session("anna").cookie
    assert Access(Bind(), TOKEN, now=lambda: now[0]).session(cookie).reviewer == "anna"
    assert Access(Bind(), TOKEN + "2", now=lambda: now[0]).session(cookie) is None
    now[0] += 15 * 24 * 3600
    assert Access(Bind(), TOKEN, now=lambda: now[0]).session(cookie) is None


@pytest.mark.parametrize("cookie", ["", ".", "a.b", "€.x", "W10.AAAA", "x" * 5000, "....", "=.="])
def test_a_made_up_cookie_is_no_session(cookie: str) -> None:
    assert Access(Bind(), TOKEN).session(cookie) is None


def test_a_changed_cookie_is_no_session() -> None:
    access = Access(Bind(), TOKEN)
    cookie = access.open_session("anna").cookie
    said, _, mark = cookie.partition(".")
    other = access.open_session("bob").cookie.partition(".")[0]
    assert access.session(f"{other}.{mark}") is None
    # The last character of base64 holds spare bits; every bit of the first one counts.
    assert access.session(f"{said}.{'A' if mark[0] != 'A' else 'B'}{mark[1:]}") is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "a\x1bb"])
def test_a_reviewer_has_a_name_that_can_be_shown(desk: Desk, name: str) -> None:
    assert client_of(desk).post("/api/session", json={"reviewer": name}).status_code == 400


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "localhost@evil.example",
        "[",
        "8.8.8.8",
    ],
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/api/queue", headers={"host": host}).status_code == 421
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9000", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST:1"]
)
def test_the_names_of_this_machine_are_known(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


def test_a_wildcard_knows_addresses_and_the_names_it_was_given_but_no_other() -> None:
    access = Access(Bind("0.0.0.0", names=("review.example",)), TOKEN)
    assert access.knows_host("192.168.1.20:8765")
    assert access.knows_host("Review.Example:443")
    assert not access.knows_host("attacker.example:8765")
    assert not Access(Bind("192.168.1.5"), TOKEN).knows_host("192.168.1.6")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "http://localhost.evil.example:8765"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"x-mt-csrf": ""},
        {"x-mt-csrf": "x" * 43},
        {"x-mt-csrf": "ünknown".encode("latin-1")},
    ],
)
def test_a_request_from_another_site_changes_nothing(client: TestClient, headers: dict) -> None:
    answer = client.post("/api/accept-all", json={"filter": ""}, headers=headers)
    assert answer.status_code == 403
    assert client.get("/api/count").json() == {"count": 7}


def test_another_reviewers_token_does_not_fit_the_cookie(client: TestClient, other: TestClient) -> None:
    headers = {"x-mt-csrf": other.headers["x-mt-csrf"]}
    assert client.post("/api/undo", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_could_send_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/api/accept-all", content=b'{"filter": ""}', headers={"content-type": kind})
    assert answer.status_code == 415


def test_the_page_itself_may_ask(client: TestClient) -> None:
    headers = {"origin": "http://localhost:8765", "sec-fetch-site": "same-origin"}
    assert client.post("/api/undo", json={}, headers=headers).status_code == 200


def test_a_large_body_is_refused_whether_its_length_is_declared_or_not(client: TestClient) -> None:
    large = b" " * (LARGEST_BODY + 1)
    kind = {"content-type": "application/json"}
    assert client.post("/api/undo", content=large, headers=kind).status_code == 413
    chunks = (large[i : i + 4096] for i in range(0, len(large), 4096))
    assert client.post("/api/undo", content=chunks, headers=kind).status_code == 413


@pytest.mark.parametrize(
    "path", ["/", "/documents", "/static/app.js", "/api/queue", "/api/nothing", "/static/none"]
)
def test_every_answer_carries_the_headers_that_keep_others_out(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../session.py",
        "/static/..%2fsession.py",
        "/static/%2e%2e/session.py",
        "/static/....//session.py",
        "/static/__init__.py",
        "/static//etc/passwd",
        "/static/..%5csession.py",
        "/static/%00",
        "/../../etc/passwd",
    ],
)
def test_no_file_beside_the_pages_own_is_given_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert b"root:" not in answer.content


def test_the_page_holds_no_inline_script_and_no_inline_style() -> None:
    from mt.serve.app import page_files

    files = page_files()
    page = files["index.html"][0].decode()
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick" not in page
    scripts = "".join(content.decode() for name, (content, _, _) in files.items() if name.endswith(".js"))
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "//cdn",
    ):
        assert word not in scripts


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from mt import serve
    from mt.errors import MissingExtraError

    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[web\]"):
        serve.require_extra()
