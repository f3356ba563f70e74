"""The status of a receiver in words, and what is wrong with it."""

from typing import Any, NamedTuple

WAITING = 50_000_000
"""A queue that is longer is trouble, bytes of the journal: hours of a province's network."""


def lines(status: dict[str, Any]) -> list[str]:
    """Say what a receiver has done."""
    found = [
        f"port {status['port']}, {status['connections']} connections; "
        f"{status['stations'] - len(status['silent'])} of {status['stations']} stations heard",
        f"{status['packets']} packets taken, {status['duplicates']} known already",
    ]
    for name in ("refused", "dropped"):
        kinds = ", ".join(f"{kind} {number}" for kind, number in status[name].items())
        found.append(f"{name}: {kinds or 'none'}")
    for relay in status["relays"]:
        found.append(
            f"receiver '{relay['name']}': {relay['answered']} answered, "
            f"{relay['waiting_bytes']} bytes wait, {relay['set_aside']} set aside"
            + (f"; {relay['problem']}" if relay["problem"] else "")
        )
    if store := status["store"]:
        found.append(f"store: {store['values']} values, {store['waiting_bytes']} bytes wait")
        found += [f"  {number} x {what}" for what, number in store["unreadable"].items()]
    return found


class Trouble(NamedTuple):
    """Something that somebody must look at.

    Attributes:
        code: Entry of configs/alerts.yaml and of the runbook.
        subject: What it is about.
        happened: A sentence.
    """

    code: str
    subject: str
    happened: str


def troubles(status: dict[str, Any], now: int, stale: int) -> list[Trouble]:
    """Say what somebody must look at.

    Args:
        status: As the receiver wrote it.
        now: s since 1970.
        stale: Age from which a status shows that the receiver is gone, s.
    """
    port, age = f"port {status['port']}", now - status["written"]
    if not status["running"] or age > stale:
        what = f"The receiver of {port} does not run; its last sign is {age} s old."
        return [Trouble("receiver-gone", port, what)]
    found = []
    if silent := status["silent"]:
        some = ", ".join(silent[:5]) + (" …" if len(silent) > 5 else "")  # noqa: PLR2004
        what = f"{len(silent)} of {status['stations']} stations are silent: {some}."
        found.append(Trouble("receiver-silent", port, what))
    if status["journal_failures"] or status["journal_damaged"]:
        what = (
            f"The journal could not be written {status['journal_failures']} times, and "
            f"{status['journal_damaged']} of its lines are damaged."
        )
        found.append(Trouble("receiver-disk", port, what))
    if status["table_of_stations"]:
        found.append(Trouble("receiver-table", port, status["table_of_stations"]))
    for relay in status["relays"]:
        if relay["waiting_bytes"] > WAITING or relay["set_aside"]:
            what = (
                f"{relay['waiting_bytes']} bytes wait for '{relay['name']}', {relay['set_aside']} "
                f"packets are set aside; {relay['problem'] or 'it is connected'}."
            )
            found.append(Trouble("receiver-relay", relay["name"], what))
    if status["store"] and status["store"]["problem"]:
        found.append(Trouble("receiver-store", port, status["store"]["problem"]))
    return found
