"""The ways out: mail, webhook, command. Each takes a message or says why it does not, in time."""

import json
import os
import smtplib
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPMessage
from typing import IO, Any, Generic, Protocol, TypeVar

from forecast.common.errors import ForecastError
from forecast.common.severity import Severity
from forecast.config.alerts import (
    AlertsConfig,
    Body,
    CommandConfig,
    EmailConfig,
    Security,
    WebhookConfig,
)
from forecast.delivery.alerts import Message, as_record

_SHOWN = 200
"""Characters of a foreign answer that a reason shows."""


class ChannelError(ForecastError):
    """A channel did not take a message; the text says why."""


class Channel(Protocol):
    """A way out for alerts."""

    @property
    def name(self) -> str:
        """Word by which it is spoken of."""

    @property
    def least(self) -> Severity:
        """The least severe alerts that it takes."""

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            ChannelError: It was not taken.
        """


def channels_of(options: AlertsConfig, environment: Mapping[str, str]) -> tuple[Channel, ...]:
    """Make the channels of a configuration.

    Args:
        options: The configuration.
        environment: Where secrets are looked up.
    """
    seconds = options.timeout_seconds
    return (
        *(Mail(entry, environment, seconds) for entry in options.email),
        *(Webhook(entry, environment, seconds) for entry in options.webhook),
        *(Command(entry, environment, seconds) for entry in options.command),
    )


def _secret(variable: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable, "")
    if not value:
        msg = f"the environment variable '{variable}' that holds its secret is not set"
        raise ChannelError(msg)
    return value


Options = TypeVar("Options", EmailConfig, WebhookConfig, CommandConfig)


@dataclass(frozen=True)
class _Way(Generic[Options]):
    """What every channel has.

    Attributes:
        options: Its configuration.
        environment: Where passwords and secret addresses are, and what a program inherits.
        seconds: Longest wait for an answer, s.
    """

    options: Options
    environment: Mapping[str, str]
    seconds: float

    @property
    def name(self) -> str:
        """Word by which it is spoken of."""
        return self.options.name

    @property
    def least(self) -> Severity:
        """The least severe alerts that it takes."""
        return self.options.least


class Mail(_Way[EmailConfig]):
    """Sends mail through a server."""

    def send(self, message: Message) -> None:
        """Send one mail.

        Raises:
            ChannelError: The server is not there, does not answer, or refuses a recipient.
        """
        options = self.options
        mail = EmailMessage()
        mail["Subject"] = message.title
        mail["From"] = options.sender
        mail["To"] = ", ".join(options.recipients)
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=options.sender.rpartition("@")[2])
        mail.set_content(message.text)
        try:
            with self._connect() as server:
                refused = server.send_message(mail)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            msg = f"mail server {options.server}:{options.port}: {type(error).__name__}: {error}"
            raise ChannelError(msg) from error
        if refused:
            msg = f"mail server {options.server}:{options.port} refused {', '.join(refused)}"
            raise ChannelError(msg)

    def _connect(self) -> smtplib.SMTP:
        options, place = self.options, (self.options.server, self.options.port)
        if options.security is Security.TLS:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=self.seconds, context=context)
        else:
            server = smtplib.SMTP(*place, timeout=self.seconds)
        try:
            if options.security is Security.STARTTLS:
                server.starttls(context=ssl.create_default_context())
            if options.user:
                server.login(options.user, _secret(options.password_variable, self.environment))
        except BaseException:
            server.close()
            raise
        return server


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to follow: a POST that is redirected would arrive as a GET, without the alert."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing."""


class Webhook(_Way[WebhookConfig]):
    """Posts JSON to an address."""

    def send(self, message: Message) -> None:
        """Post one message.

        Raises:
            ChannelError: Nobody answers, the answer is no success, or a robot reports an error.
        """
        url = self.options.url or _secret(self.options.url_variable, self.environment)
        if not url.startswith(("http://", "https://")):
            msg = f"the address in '{self.options.url_variable}' does not begin with http(s)://"
            raise ChannelError(msg)
        request = urllib.request.Request(  # noqa: S310  (the scheme is checked above)
            url,
            data=json.dumps(self._body(message), ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            method="POST",
        )
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=self.seconds) as answer:
                said = answer.read(65536)
        except urllib.error.HTTPError as error:
            with error:
                msg = f"webhook answered {error.code} {error.reason}"
            raise ChannelError(msg) from error
        except (OSError, ValueError) as error:  # URLError and time-outs are OSErrors
            msg = f"webhook: {type(error).__name__}: {getattr(error, 'reason', error)}"
            raise ChannelError(msg) from error
        self._check(said)

    def _body(self, message: Message) -> dict[str, Any]:
        text = f"{message.title}\n\n{message.text}"
        if self.options.body is Body.TEXT:
            return {"msgtype": "text", "text": {"content": text}}
        if self.options.body is Body.FEISHU:
            return {"msg_type": "text", "content": {"text": text}}
        return {
            "title": message.title,
            "text": message.text,
            "alerts": [as_record(alert) for alert in message.alerts],
        }

    def _check(self, said: bytes) -> None:
        """Robots answer 200 also when they refuse; the number in the answer tells."""
        if self.options.body is Body.ALERTS:
            return
        try:
            answer = json.loads(said)
            number = int(answer.get("errcode", answer.get("code", 0)))
        except (ValueError, AttributeError, TypeError) as error:
            msg = f"the robot's answer is no JSON object: {said[:_SHOWN]!r}"
            raise ChannelError(msg) from error
        if number:
            msg = f"the robot refused: {said.decode(errors='replace')[:_SHOWN]}"
            raise ChannelError(msg)


class Command(_Way[CommandConfig]):
    """Gives a program the alerts on its standard input."""

    def send(self, message: Message) -> None:
        """Run the program once.

        Raises:
            ChannelError: It cannot be started, takes too long, or ends with another code than 0.
        """
        worst = message.alerts[0]
        given = {
            "FORECAST_ALERT_TITLE": message.title,
            "FORECAST_ALERT_CODE": worst.code,
            "FORECAST_ALERT_SEVERITY": worst.severity.value,
            "FORECAST_ALERT_CYCLE": worst.cycle,
        }
        body = {
            "title": message.title,
            "text": message.text,
            "alerts": [as_record(alert) for alert in message.alerts],
        }
        program = self.options.command[0]
        try:
            done = subprocess.run(
                self.options.command,
                input=json.dumps(body, ensure_ascii=False).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=os.environ | self.environment | given,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"the command '{program}' had not ended after {self.seconds:g} s"
            raise ChannelError(msg) from error
        except OSError as error:
            msg = f"the command '{program}' cannot be started: {error}"
            raise ChannelError(msg) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-_SHOWN:]
            msg = f"the command '{program}' ended with exit code {done.returncode}: {said}"
            raise ChannelError(msg)
