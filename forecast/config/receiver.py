"""The receiver of HJ 212 packets: where it listens, whom it believes, to whom it passes on."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Seconds = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class LimitsConfig(Model):
    """What a client may do before it is dropped."""

    connections: Count = 20_000
    """Connections at one time."""
    connections_per_address: Count = 256
    """Connections at one time from one address; raise it where a gateway stands before many."""
    largest_packet: Annotated[int, Field(ge=256, le=9999)] = 4096
    """Longest data segment, bytes (HJ 212-2017: 1024)."""
    packets_per_second: Annotated[float, Field(gt=0.0)] = 50.0
    """Packets of one connection in a second; one that sends more is read more slowly."""
    bad_packets: Count = 5
    """After so many refused packets a connection is closed."""
    first_seconds: Seconds = 60.0
    """Until the first packet of a known station, s."""
    idle_seconds: Seconds = 7200.0
    """Without a byte, s; stations that report hourly keep their connection."""
    frame_seconds: Seconds = 30.0
    """From the first byte of a packet to its last, s."""
    answer_seconds: Seconds = 30.0
    """Until the client has taken its answers, s."""


class RelayConfig(Model):
    """One further receiver; it has its own queue and gets everything once it answers again."""

    name: Name
    """Short name, such as city; its queue is kept under it."""
    host: Annotated[str, Field(min_length=1)]
    """Name or address of the machine."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port."""
    stations: tuple[str, ...] = ("*",)
    """Which stations (MN) it gets; `*` stands for any letters."""
    password: str = ""
    """PW that it wants; empty: as the station sent it."""
    window: Count = 32
    """Packets that may wait for their answer at one time."""
    answer_seconds: Seconds = 30.0
    """Without an answer for so long the connection is made anew, s."""
    tries: Count = 3
    """A packet unanswered so often, while others were answered, is set aside with a warning."""
    retry_seconds: Seconds = 2.0
    """First pause before a new connection, s; it doubles up to `longest_retry_seconds`."""
    longest_retry_seconds: Seconds = 300.0
    """Longest pause before a new connection, s."""
    backlog_gb: Annotated[float, Field(gt=0.0)] = 20.0
    """What may wait for it, GB; beyond that the oldest is given up with a warning."""


class ReceiverConfig(Model):
    """The receiver of HJ 212 packets (`forecast receive`)."""

    folder: str = ""
    """Folder of its journal, queues and status; empty: not set up."""
    host: str = "0.0.0.0"  # noqa: S104
    """Address to listen on; the default is every address of the machine."""
    port: Annotated[int, Field(ge=0, le=65535)] = 7212
    """TCP port; 0: any that is free."""
    stations: str = ""
    """Table of the stations that are believed, with their keys; docs/receiver.md has its form."""
    limits: LimitsConfig = LimitsConfig()
    """What a client may do."""
    relays: tuple[RelayConfig, ...] = ()
    """Further receivers."""
    duplicates_hours: Annotated[float, Field(gt=0.0)] = 12.0
    """For so long a packet is known again, h; also after a restart."""
    keep_hours: Annotated[float, Field(ge=0.0)] = 72.0
    """Journal files stay for so long after everybody has taken them, h."""
    segment_mb: Annotated[float, Field(gt=0.0)] = 64.0
    """Size at which a new journal file is begun, MB."""
    land_seconds: Seconds = 60.0
    """Readings go to the observation store this often, s."""
    land_commands: tuple[int, ...] = (2051, 2061)
    """Commands whose values go to the store: 2011 at the moment, 2051 minutes, 2061 hours, 2031
    days."""
    minute_seconds: Annotated[int, Field(ge=60, le=3600)] = 300
    """Averaging period of minute data (2051), s; HJ 212 does not say it in the packet."""
    join_seconds: Seconds = 600.0
    """How long the other parts of a split packet are awaited, s."""
    silent_hours: Annotated[float, Field(gt=0.0)] = 2.0
    """A station without a packet for so long counts as silent, h."""
    codes: dict[str, str] = {}
    """Further codes of quantities, such as those of old kits: code to name, as `"02": so2`."""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        """Every queue has its own name, and as long a memory as files."""
        names = [relay.name for relay in self.relays]
        if twice := {name for name in names if names.count(name) > 1 or name == "store"}:
            msg = f"receiver.relays: the names {sorted(twice)} are taken; give every one its own"
            raise ValueError(msg)
        if self.keep_hours < self.duplicates_hours:
            msg = (
                f"receiver.keep_hours '{self.keep_hours:g}' is less than duplicates_hours "
                f"'{self.duplicates_hours:g}': after a restart packets are known again from the "
                "journal, so keep it at least as long"
            )
            raise ValueError(msg)
        return self
