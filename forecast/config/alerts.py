"""Whom to tell when something goes wrong, and how.

No secret stands in the configuration, which is kept beside every run: passwords, and addresses that
are secrets themselves, are read from environment variables of the process that drives the cycle.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.common.severity import Severity
from forecast.config.base import Model

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Variable = Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")]


class Security(StrEnum):
    """How the connection to a mail server is protected."""

    NONE = "none"
    """Not at all; for a server on this machine."""
    STARTTLS = "starttls"
    """Begins in the clear, goes on encrypted."""
    TLS = "tls"
    """Encrypted from the beginning."""


class Body(StrEnum):
    """What a webhook expects."""

    ALERTS = "alerts"
    """Our own form: a JSON object with title, text and the list of alerts."""
    TEXT = "text"
    """{"msgtype": "text", "text": {"content": …}}, as robots of WeCom and DingTalk take it."""
    FEISHU = "feishu"
    """{"msg_type": "text", "content": {"text": …}}, as robots of Feishu take it."""


class ChannelConfig(Model):
    """What all channels have."""

    name: Name
    """Word by which the status page and the log speak of this channel."""
    least: Severity = Severity.WARNING
    """The least severe alerts that it takes, with everything worse."""


class EmailConfig(ChannelConfig):
    """A mail server and who gets the mail."""

    server: Annotated[str, Field(min_length=1)]
    """Name or address of the server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    """Its port."""
    security: Security = Security.NONE
    """Protection of the connection."""
    sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    """Address that the mail comes from."""
    recipients: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...], Field(min_length=1)
    ]
    """Addresses that it goes to."""
    user: str = ""
    """Name to log in with; empty for none."""
    password_variable: Variable = ""
    """Environment variable that holds the password."""

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if bool(self.user) != bool(self.password_variable):
            msg = (
                f"user '{self.user}' and password_variable '{self.password_variable}' go "
                "together: give both or neither"
            )
            raise ValueError(msg)
        return self


class WebhookConfig(ChannelConfig):
    """An address that takes alerts by HTTP POST."""

    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """The address, when it is no secret."""
    url_variable: Variable = ""
    """Environment variable that holds the address, when it is one."""
    body: Body = Body.ALERTS
    """What it expects."""

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if bool(self.url) == bool(self.url_variable):
            msg = (
                f"exactly one of url and url_variable is needed: found url '{self.url}' and "
                f"url_variable '{self.url_variable}'"
            )
            raise ValueError(msg)
        return self


class CommandConfig(ChannelConfig):
    """A program that is given the alerts as JSON on its standard input."""

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    """Program and arguments, no shell; exit code 0 says that the alerts were taken."""


class AlertsConfig(Model):
    """The channels, and how patient they are."""

    email: tuple[EmailConfig, ...] = ()
    """Mail servers."""
    webhook: tuple[WebhookConfig, ...] = ()
    """Addresses for HTTP POST."""
    command: tuple[CommandConfig, ...] = ()
    """Programs."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 15.0
    """Longest wait for an answer of a channel, s."""
    retry_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Time before a second try of a channel that failed, s; doubled with each further one."""
    longest_retry_seconds: Annotated[float, Field(gt=0, le=86400)] = 900.0
    """Longest time between two tries, s."""
    gather_seconds: Annotated[float, Field(ge=0, le=600)] = 3.0
    """Alerts that come within this time go out as one message, s."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [entry.name for entry in (*self.email, *self.webhook, *self.command)]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            msg = f"every channel needs a name of its own; found '{double[0]}' more than once"
            raise ValueError(msg)
        return self
