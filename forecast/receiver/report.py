"""The status of a receiver in words, and what is wrong with it."""

from typing import Any

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


def troubles(status: dict[str, Any], now: int, stale: int) -> list[str]:
    """Say what somebody must look at, each with the word under which the runbook has it.

    Args:
        status: As the receiver wrote it.
        now: s since 1970.
        stale: Age from which a status shows that the receiver is gone, s.
    """
    age = now - status["written"]
    if not status["running"] or age > stale:
        return [f"it does not run; its last sign is {age} s old (receiver-gone)"]
    found = []
    if status["silent"]:
        some = ", ".join(status["silent"][:5])
        found.append(f"{len(status['silent'])} stations are silent: {some} … (receiver-silent)")
    if status["journal_failures"]:
        found.append(
            f"the journal could not be written {status['journal_failures']} times; stations were "
            "not answered meanwhile (receiver-disk)"
        )
    if status["journal_damaged"]:
        found.append(f"{status['journal_damaged']} damaged journal lines (receiver-disk)")
    if status["table_of_stations"]:
        found.append(f"{status['table_of_stations']} (receiver-table)")
    for relay in status["relays"]:
        if relay["waiting_bytes"] > WAITING or relay["set_aside"]:
            what = f"{relay['waiting_bytes']} bytes wait, {relay['set_aside']} set aside"
            name, problem = relay["name"], relay["problem"]
            found.append(f"receiver '{name}': {what} {problem} (receiver-relay)")
    if status["store"] and status["store"]["problem"]:
        found.append(f"{status['store']['problem']} (receiver-store)")
    return found
