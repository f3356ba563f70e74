"""Channels against real servers on the loopback: what they deliver, what they say on failure."""

import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from forecast.config.alerts import AlertsConfig
from forecast.delivery.alerts import make_alert, message
from forecast.delivery.channels import Channel, ChannelError, channels_of

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
MESSAGE = message([make_alert("member-failed", "2026-01-09T16", "m02", NOW, reason="内存不足")])


class MailHandler(socketserver.StreamRequestHandler):
    """As much of a mail server as a client needs."""

    server: "MailServer"

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                self._take()
                self._say("250 kept")
            elif word == "QUIT":
                self._say("221 bye")
                return
            elif word == "RCPT" and "refused@" in line:
                self._say("550 no such person")
            elif word == "AUTH":
                self.server.logins.append(line)
                self._say("235 welcome")
            elif word == "EHLO":
                self._say("250-loopback\r\n250-8BITMIME\r\n250 AUTH PLAIN")
            else:
                self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(b"".join(lines))


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps the mails that it gets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.mails: list[bytes] = []
        self.logins: list[str] = []


class HookHandler(BaseHTTPRequestHandler):
    """Keeps what is posted and answers as it is told."""

    server: "HookServer"

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, json.loads(content)))
        time.sleep(self.server.delay)
        self.send_response(self.server.code)
        if self.server.code in (301, 302):
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.answer)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class HookServer(ThreadingHTTPServer):
    """A webhook."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HookHandler)
        self.posts: list[tuple[str, Any]] = []
        self.code, self.answer, self.delay = 200, b"{}", 0.0


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    with _serving(server):
        yield server


@pytest.fixture
def hook() -> Iterator[HookServer]:
    server = HookServer()
    with _serving(server):
        yield server


def _channel(environment: dict[str, str] | None = None, **kinds: Any) -> Channel:
    options = AlertsConfig.model_validate({"timeout_seconds": 0.5, **kinds})
    (channel,) = channels_of(options, environment or {})
    return channel


def _mail(port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "duty",
        "server": "127.0.0.1",
        "port": port,
        "sender": "forecast@example.org",
        "recipients": ["duty@example.org", "boss@example.org"],
    } | more


def test_a_mail_arrives_with_title_and_text(mail: MailServer) -> None:
    _channel(email=[_mail(mail.server_address[1])]).send(MESSAGE)

    (raw,) = mail.mails
    read = message_from_bytes(raw, policy=policy.default)
    assert read["Subject"] == "[警告 WARNING] 2026-01-09T16 集合成员运行失败: m02"
    assert read["To"] == "duty@example.org, boss@example.org"
    assert "内存不足" in read.get_content()
    assert read["Message-ID"].endswith("@example.org>")
    assert mail.logins == []


def test_a_login_takes_its_password_from_the_environment(mail: MailServer) -> None:
    variable = "MAIL_PASSWORD"
    entry = _mail(mail.server_address[1], user="me", password_variable=variable)

    with pytest.raises(ChannelError, match="'MAIL_PASSWORD'.*is not set"):
        _channel(email=[entry]).send(MESSAGE)
    _channel({"MAIL_PASSWORD": "secret"}, email=[entry]).send(MESSAGE)

    assert len(mail.mails) == len(mail.logins) == 1


def test_a_refused_recipient_is_a_failure(mail: MailServer) -> None:
    entry = _mail(mail.server_address[1], recipients=["duty@example.org", "refused@example.org"])

    with pytest.raises(ChannelError, match="refused refused@example.org"):
        _channel(email=[entry]).send(MESSAGE)


def test_a_mail_server_without_encryption_gets_nothing_when_that_is_asked(
    mail: MailServer,
) -> None:
    entry = _mail(mail.server_address[1], security="starttls")

    with pytest.raises(ChannelError, match="STARTTLS"):
        _channel(email=[entry]).send(MESSAGE)
    assert mail.mails == []


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_servers_that_are_not_there_are_named() -> None:
    port = _unused_port()

    with pytest.raises(ChannelError, match=f"127.0.0.1:{port}.*refused"):
        _channel(email=[_mail(port)]).send(MESSAGE)
    with pytest.raises(ChannelError, match="refused"):
        _channel(webhook=[{"name": "w", "url": f"http://127.0.0.1:{port}/"}]).send(MESSAGE)


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(ChannelError, match="timed out"):
            _channel(email=[_mail(port)]).send(MESSAGE)
        with pytest.raises(ChannelError, match="timed out"):
            _channel(webhook=[{"name": "w", "url": f"http://127.0.0.1:{port}/"}]).send(MESSAGE)

    assert time.monotonic() - begun < 5.0


def _hook(server: HookServer, body: str = "alerts") -> Channel:
    url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=1"
    return _channel({"HOOK": url}, webhook=[{"name": "w", "url_variable": "HOOK", "body": body}])


def test_a_webhook_gets_all_alerts_as_json(hook: HookServer) -> None:
    _hook(hook).send(MESSAGE)

    ((path, body),) = hook.posts
    assert path == "/hook?key=1"
    assert body["title"] == MESSAGE.title
    assert body["alerts"][0]["code"] == "member-failed"
    assert body["alerts"][0]["time"] == "2026-01-10T04:30:00+00:00"


def test_robots_get_the_form_that_they_take(hook: HookServer) -> None:
    hook.answer = b'{"errcode": 0, "errmsg": "ok"}'
    _hook(hook, "text").send(MESSAGE)
    hook.answer = b'{"code": 0}'
    _hook(hook, "feishu").send(MESSAGE)

    (_, text), (_, feishu) = hook.posts
    assert text["msgtype"] == "text"
    assert text["text"]["content"].startswith(MESSAGE.title)
    assert (feishu["msg_type"], feishu["content"]["text"]) == ("text", text["text"]["content"])


@pytest.mark.parametrize(
    ("body", "answer", "said"),
    [
        ("text", b'{"errcode": 310000, "errmsg": "keywords not in content"}', "keywords"),
        ("feishu", b'{"code": 19021, "msg": "sign match fail"}', "sign match"),
        ("text", b"<html>", "no JSON"),
        ("text", b"[]", "no JSON"),
    ],
)
def test_a_robot_that_refuses_with_a_friendly_code_is_heard(
    hook: HookServer, body: str, answer: bytes, said: str
) -> None:
    hook.answer = answer
    with pytest.raises(ChannelError, match=said):
        _hook(hook, body).send(MESSAGE)


@pytest.mark.parametrize("code", [500, 404, 301, 302])
def test_anything_but_success_is_a_failure_and_no_redirect_is_followed(
    hook: HookServer, code: int
) -> None:
    hook.code = code
    with pytest.raises(ChannelError, match=str(code)):
        _hook(hook).send(MESSAGE)
    assert len(hook.posts) == 1


def test_an_address_that_is_no_web_address_is_refused() -> None:
    with pytest.raises(ChannelError, match="http"):
        _channel(
            {"HOOK": "file:///etc/passwd"}, webhook=[{"name": "w", "url_variable": "HOOK"}]
        ).send(MESSAGE)


def _program(tmp_path: Path, text: str) -> Channel:
    script = tmp_path / "program.py"
    script.write_text(text, "utf-8")
    return _channel(
        {"SEEN": str(tmp_path / "seen")},
        command=[{"name": "c", "command": [sys.executable, "-I", "-S", str(script)]}],
        timeout_seconds=5.0,
    )


def test_a_command_gets_the_alerts_on_its_standard_input(tmp_path: Path) -> None:
    _program(
        tmp_path,
        "import os, sys\n"
        "seen = open(os.environ['SEEN'], 'wb')\n"
        "seen.write(os.environ['FORECAST_ALERT_CODE'].encode() + b'\\n')\n"
        "seen.write(sys.stdin.buffer.read())\n",
    ).send(MESSAGE)

    code, _, body = (tmp_path / "seen").read_text(encoding="utf-8").partition("\n")
    assert code == "member-failed"
    assert json.loads(body)["text"] == MESSAGE.text


def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="exit code 3: the pager is empty"):
        _program(
            tmp_path, "import sys\nsys.stderr.write('the pager is empty')\nsys.exit(3)\n"
        ).send(MESSAGE)


def test_a_command_that_never_ends_or_does_not_exist_is_left() -> None:
    slow = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(ChannelError, match=r"had not ended after 0.5 s"):
        _channel(command=[{"name": "c", "command": slow}]).send(MESSAGE)
    with pytest.raises(ChannelError, match="cannot be started"):
        _channel(command=[{"name": "c", "command": ["/no/such/program"]}]).send(MESSAGE)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"webhook": [{"name": "w"}]}, "exactly one of url and url_variable"),
        ({"email": [_mail(25, user="me")]}, "go together"),
        (
            {"command": [{"name": "a", "command": ["x"]}, {"name": "a", "command": ["y"]}]},
            "'a' more than once",
        ),
    ],
)
def test_channels_that_cannot_work_are_refused_before_the_run(
    kinds: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        AlertsConfig.model_validate(kinds)
