"""Whether a Slurm cluster is as forecasts need it, from what it says about itself."""

import re
import time
from collections.abc import Iterator

from forecast.common.errors import ConfigurationError
from forecast.config.root import Configuration
from forecast.config.site import SiteConfig
from forecast.workflow.batch import BatchSystemError, ask_slurm
from forecast.workflow.findings import Finding, fail, ok, warn
from forecast.workflow.site import Resource, SitePlan

_SLOW_ANSWER = 2.0
"""A squeue that takes longer than this is felt by every step, s."""
_OLDEST = (20, 11)
"""First version of Slurm with `squeue --me`."""
_LOOKS = 3
"""The engine believes squeue only when ended jobs stay in it for this many looks."""


def slurm_findings(configuration: Configuration, plan: SitePlan) -> Iterator[Finding]:
    """Look at the controller, its settings and the partitions."""
    try:
        yield _version(ask_slurm("sinfo", "--version"))
        yield _answer()
        settings = _pairs(ask_slurm("scontrol", "show", "config"))
        yield _memory_of_jobs(settings, configuration.site)
        yield _requeue(settings)
        yield from _partitions(configuration, plan)
    except BatchSystemError as error:
        yield fail(
            "Slurm",
            str(error),
            "Start this on a login node of the cluster; `sinfo` must work in the same shell.",
        )


def _version(text: str) -> Finding:
    found = re.search(r"(\d+)\.(\d+)", text)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        return fail("Slurm", f"version '{text.strip()}'", "Slurm 20.11 or newer is needed.")
    return ok("Slurm", text.strip())


def _answer() -> Finding:
    begun = time.monotonic()
    ask_slurm("squeue", "--noheader", "--me")
    took = time.monotonic() - begun
    if took > _SLOW_ANSWER:
        return warn(
            "squeue",
            f"answers in {took:.1f} s",
            "The controller is busy: raise site.poll_seconds, and ask its operators.",
        )
    return ok("squeue", f"answers in {took:.2f} s")


def _memory_of_jobs(settings: dict[str, str], site: SiteConfig) -> Finding:
    text = settings.get("MinJobAge", "")
    age = int(text.split()[0]) if text[:1].isdigit() else 0
    least = _LOOKS * site.poll_seconds
    said = f"MinJobAge is {age} s, a look every {site.poll_seconds} s"
    if age >= least:
        return ok("ended jobs", said)
    try:
        ask_slurm("sacct", "--noheader", "--allocations", "--format=JobID")
    except BatchSystemError:
        return fail(
            "ended jobs",
            f"{said}, and there is no accounting (sacct)",
            f"A job could end without anybody seeing it: site.poll_seconds must be at most "
            f"{max(1, age // _LOOKS)}, or the operators raise MinJobAge to {least}.",
        )
    return warn(
        "ended jobs",
        f"{said}; sacct is asked instead",
        f"That is slower: take site.poll_seconds of at most {max(1, age // _LOOKS)}.",
    )


def _requeue(settings: dict[str, str]) -> Finding:
    if settings.get("JobRequeue", "1").split()[0] == "0":
        return warn(
            "requeue",
            "JobRequeue is 0: only jobs that ask for it are queued again",
            "The workflow asks for it (--requeue); check that the test job below was accepted.",
        )
    return ok("requeue", "jobs of a lost node are queued again")


def _partitions(configuration: Configuration, plan: SitePlan) -> Iterator[Finding]:
    names = configuration.site.partitions
    shown = _blocks(ask_slurm("scontrol", "--oneliner", "show", "partition"))
    known = {entry["PartitionName"]: entry for entry in shown}
    default = next((n for n, entry in known.items() if entry.get("Default") == "YES"), "")
    try:
        minutes = plan.member_minutes()
        asked = plan.member()
    except ConfigurationError as error:
        yield fail("members", str(error), "Raise workflow.ranks.")
        return
    uses = {
        "members": (names.members or default, minutes),
        "stages": (names.stages or default, configuration.workflow.stage_minutes),
        "warm": (names.warm or default, configuration.workflow.stage_minutes),
    }
    for use, (name, wanted) in uses.items():
        yield _partition(use, name, known, wanted)
    name = uses["members"][0]
    if name in known:
        yield _member_fits(name, asked, configuration.site)
        if configuration.site.processors:
            yield _processors(name, configuration.site.processors)


def _partition(use: str, name: str, known: dict[str, dict[str, str]], minutes: int) -> Finding:
    subject = f"{use} partition"
    if name not in known:
        return fail(
            subject,
            f"there is no partition '{name}'",
            f"Set site.partitions.{use} to one of: {', '.join(known)}.",
        )
    state, longest = known[name].get("State", ""), known[name].get("MaxTime", "UNLIMITED")
    text = f"'{name}' is {state}, MaxTime {longest}, {minutes} min wanted"
    if state != "UP":
        return fail(subject, text, "Take another partition, or ask the operators.")
    if (limit := _minutes(longest)) is not None and limit < minutes:
        return fail(
            subject,
            text,
            "Lower workflow.member_minutes (or stage_minutes), set site.largest_wall_minutes, or "
            "take another partition. A member that meets its wall time continues in a new job.",
        )
    return ok(subject, text)


def _member_fits(partition: str, asked: dict[str, Resource], site: SiteConfig) -> Finding:
    """Compare what a member asks for with the nodes of its partition."""
    nodes = asked.get("nodes", 1)
    per_node = site.member_tasks_per_node or -(-int(str(asked["tasks"])) // int(str(nodes)))
    memory = int(str(asked["mem_mb"]))
    text = ask_slurm("sinfo", "--noheader", "-N", f"-p{partition}", "-o%c %m %t")
    rows = [line.split() for line in text.splitlines()]
    alive = [row for row in rows if row[2].rstrip("*~#!%$@^-") in ("idle", "mix", "alloc", "comp")]
    fit = [
        r for r in alive if int(r[0].rstrip("+")) >= per_node and int(r[1].rstrip("+")) >= memory
    ]
    said = (
        f"{len(alive)} of {len(rows)} nodes are up, {len(fit)} hold {per_node} rank(s) and "
        f"{memory} MB; a member takes {nodes} node(s)"
    )
    if len(fit) < int(str(nodes)):
        return fail(
            "member's nodes",
            said,
            "Change site.member_nodes and site.member_tasks_per_node, workflow.ranks or "
            "workflow.member_memory_mb so that a member fits.",
        )
    return ok("member's nodes", said)


def _processors(partition: str, types: dict[str, str]) -> Finding:
    """Compare the constraints of the types of processor with the features of the nodes."""
    text = ask_slurm("sinfo", "--noheader", f"--partition={partition}", "--format=%f")
    features = sorted({word for line in text.splitlines() for word in line.split(",")} - {"(null)"})
    wrong = {
        name: constraint
        for name, constraint in types.items()
        if not set(re.findall(r"[A-Za-z_][\w.-]*", constraint)) <= set(features)
    }
    if wrong:
        said = ", ".join(f"{name} ({constraint})" for name, constraint in wrong.items())
        return fail(
            "processors",
            f"no node of '{partition}' is of the type {said}",
            f"Correct site.processors; the nodes have: {', '.join(features) or 'no features'}.",
        )
    return ok("processors", f"'{partition}' has {', '.join(types)}")


def _minutes(text: str) -> int | None:
    """Minutes of a time of Slurm's, such as 1-12:00:00; None without a limit."""
    if text in ("UNLIMITED", "INFINITE", "NONE", ""):
        return None
    days, _, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    hours, minutes = (parts[0], parts[1]) if len(parts) == 3 else (0, parts[0])  # noqa: PLR2004
    return int(days or 0) * 1440 + hours * 60 + minutes


def _pairs(text: str) -> dict[str, str]:
    rows = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in rows}


def _blocks(text: str) -> list[dict[str, str]]:
    """Lines of NAME=VALUE words, one thing a line."""
    words = ([w.partition("=") for w in line.split() if "=" in w] for line in text.splitlines())
    return [{name: value for name, _, value in row} for row in words if row]
