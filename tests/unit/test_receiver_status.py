"""The status of a receiver: what it says, what is trouble, and who is told."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from forecast.common.errors import ConfigurationError, InputError
from forecast.config.load import resolve
from forecast.config.root import Configuration
from forecast.delivery.catalogue import catalogue
from forecast.receiver.report import lines
from forecast.stages.receive import look_for_troubles, read_status, receive, tell
from tests.unit.made_stations import MadeStore, hour, receiving, send, write_table


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """A receiver, and a channel that writes what it is told into a file."""
    write = f"cat >> {tmp_path}/told; echo >> {tmp_path}/told"
    keep = f"{{name: file, command: [/bin/sh, -c, '{write}']}}"
    table = write_table(tmp_path / "stations.csv", count=2)
    return resolve(
        settings=[
            f"receiver.folder={tmp_path / 'receiver'}",
            f"receiver.stations={table}",
            "receiver.host=127.0.0.1",
            "receiver.port=0",
            f"alerts.command=[{keep}]",
        ]
    )


@pytest.fixture
def status(configuration: Configuration) -> dict[str, Any]:
    """What a receiver in good order says of itself."""

    async def play() -> dict[str, Any]:
        async with receiving(configuration.receiver, MadeStore()) as receiver:
            await send(receiver.port, hour(1), 1)
            await send(receiver.port, hour(1), 1)
            return receiver.status()

    found: dict[str, Any] = json.loads(json.dumps(asyncio.run(play())))
    return found


def test_a_receiver_in_good_order_has_no_trouble(status: dict[str, Any]) -> None:
    assert look_for_troubles(status) == []
    assert "1 packets taken, 1 known already" in lines(status)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"running": False}, "receiver-gone"),
        ({"written": 1}, "receiver-gone"),
        ({"silent": ["MADE0001"]}, "receiver-silent"),
        ({"journal_failures": 1}, "receiver-disk"),
        ({"journal_damaged": 1}, "receiver-disk"),
        ({"table_of_stations": "line 3 is wrong"}, "receiver-table"),
        (
            {
                "relays": [
                    {
                        "name": "city",
                        "answered": 1,
                        "waiting_bytes": 10**8,
                        "set_aside": 0,
                        "problem": "",
                    }
                ]
            },
            "receiver-relay",
        ),
        (
            {"store": {"values": 0, "waiting_bytes": 9, "unreadable": {}, "problem": "full"}},
            "receiver-store",
        ),
    ],
)
def test_each_trouble_has_its_alert(
    status: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    (found,) = look_for_troubles(status | change)
    assert found.code == code
    assert code in catalogue()


def test_a_station_that_never_came_is_silent_in_time(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> list[str]:
        async with receiving(configuration.receiver, MadeStore()) as receiver:
            await send(receiver.port, hour(1), 1)
            now = time.time()
            monkeypatch.setattr("forecast.receiver.service.time.time", lambda: now + 7190)
            assert receiver.status()["silent"] == []
            receiver._began -= 60
            silent: list[str] = receiver.status()["silent"]
            return silent

    assert asyncio.run(play()) == ["MADE0001"]


def test_a_trouble_is_told_once_while_it_lasts(
    configuration: Configuration, status: dict[str, Any], tmp_path: Path
) -> None:
    silent = look_for_troubles(status | {"silent": ["MADE0001"]})
    for found in (silent, silent, [], silent):
        assert tell(configuration, found) == []
    assert (tmp_path / "told").read_text(encoding="utf-8").count('"receiver-silent"') == 2


def test_what_is_missing_is_said(configuration: Configuration) -> None:
    with pytest.raises(InputError, match="No receiver has run"):
        read_status(configuration.receiver)
    with pytest.raises(ConfigurationError, match=r"observations\.store"):
        receive(configuration)
    with pytest.raises(ConfigurationError, match=r"receiver\.folder"):
        read_status(resolve().receiver)
