"""What a test job tells about a site: MPI, and what the nodes see."""

from collections.abc import Iterator
from typing import Any

from forecast.config.site import SiteConfig
from forecast.workflow.doctor_probe import Trial
from forecast.workflow.findings import Finding, fail, ok, warn

_CLOCK = 1.0
"""Largest difference of two clocks that is no reason for a word, s."""
_LONG_CLOCK = 60.0
"""From here on wrong clocks spoil cutoffs and the ages of files, s."""
_LONG_QUEUE = 300.0
_LINES = 2
"""Lines of the log that are shown, from its beginning and from its end."""


def rank_findings(trial: Trial, site: SiteConfig) -> Iterator[Finding]:
    """Judge a test job.

    Args:
        trial: The job.
        site: Where it ran.
    """
    if not trial.reports:
        yield _silent(trial)
        return
    yield _end(trial)
    yield _ranks(trial)
    yield _token(trial)
    yield from _clocks(trial)
    yield _folder("cache folder", site.cache, "cache", trial, "kernels are kept beside the sources")
    yield _folder("scratch folder", site.scratch, "scratch", trial, "that of the system")
    models = sorted({str(report["processor"]) for report in trial.reports})
    if len(models) > 1 and site.batch and not site.processors:
        yield warn(
            "processors",
            f"the nodes have several types: {', '.join(models)}",
            "Name them under site.processors, or the first member on each compiles for minutes.",
        )


def _silent(trial: Trial) -> Finding:
    """No rank has written anything: why?"""
    if trial.waited is None:
        return fail(
            "test job",
            f"the job never began: {trial.state}",
            "Look at partition, account, qos and reservation of the site with the operators; "
            "--wait gives it more time, --nodes 1 asks for less.",
        )
    if trial.log is None:
        return fail(
            "runs on nodes",
            f"the job ended as {trial.state} and left nothing in '{trial.folder.parent}'",
            "The nodes do not see that folder, or may not write there: name one on the file "
            "system that all nodes share with --runs.",
        )
    return fail(
        "MPI",
        f"'{trial.launcher}' started no rank ({trial.state}): {_extract(trial)}",
        "When Python or the project is not found, the nodes do not see the checkout. Otherwise "
        "launcher and MPI do not fit: docs/site_porting.md, 'Pair the launcher and the MPI'.",
    )


def _end(trial: Trial) -> Finding:
    waited = trial.waited or 0.0
    text = f"began after {waited:.1f} s and ended as {trial.state}"
    if not trial.well:
        return fail(
            "test job",
            f"{text}: {_extract(trial)}",
            "The ranks came up but did not end well; mend what the message names.",
        )
    if waited > _LONG_QUEUE:
        return warn(
            "test job", text, "Members will wait as long: ask for a reservation or a better QoS."
        )
    return ok("test job", text)


def _ranks(trial: Trial) -> Finding:
    """Compare the ranks that found each other with those that were asked for."""
    reports = trial.reports
    sizes = {int(report["size"]) for report in reports}
    hosts = sorted({str(report["host"]) for report in reports})
    libraries = " and ".join(sorted({str(report["library"]) for report in reports}))
    text = (
        f"'{trial.launcher}' started {len(reports)} of {trial.ranks} ranks on {', '.join(hosts)} "
        f"with {libraries}"
    )
    if sizes != {trial.ranks} or len(reports) != trial.ranks:
        together = ", ".join(map(str, sorted(sizes)))
        return fail(
            "MPI",
            f"{text}, but they found each other in groups of {together}",
            "Launcher and MPI library do not belong together: change site.launcher, or name the "
            "cluster's library in site.environment (MPI4PY_LIBMPI). docs/site_porting.md, 'Pair "
            "the launcher and the MPI', has the pairs that work.",
        )
    if len(hosts) < trial.nodes:
        return fail(
            "MPI",
            f"{text}; {trial.nodes} nodes were asked for",
            "The launcher keeps all ranks on one node: with mpirun, that MPI does not know Slurm; "
            "take srun.",
        )
    return ok("MPI", text)


def _token(trial: Trial) -> Finding:
    blind = sorted({str(r["host"]) for r in trial.reports if r["token"] != trial.token})
    if blind:
        return fail(
            "runs on nodes",
            f"{', '.join(blind)} cannot read what this machine writes to '{trial.folder.parent}'",
            "It is another folder there, or its cache is stale: name one on the file system that "
            "all nodes share with --runs.",
        )
    return ok("runs on nodes", "every rank has read and written there")


def _clocks(trial: Trial) -> Iterator[Finding]:
    """Compare the clocks of the nodes with each other, and with this machine's as well as can be.

    A report must have been written after the job was submitted and before it was read.
    """
    begun, read = trial.span
    between = max(abs(float(report["offset"])) for report in trial.reports)
    times = [float(report["time"]) for report in trial.reports]
    here = max(0.0, begun - min(times), max(times) - read)
    text = f"nodes differ by {between:.2f} s"
    if here > _CLOCK:
        text += f", and from this machine by at least {here:.1f} s"
    worst = max(between, here)
    advice = (
        "Ask the operators to synchronise the clocks (chrony, ntpd) of nodes and login machine."
    )
    if worst > _LONG_CLOCK:
        yield fail("clocks", text, advice)
    elif worst > _CLOCK:
        yield warn("clocks", text, advice)
    else:
        yield ok("clocks", text)


def _folder(subject: str, name: str, key: str, trial: Trial, default: str) -> Finding:
    obstacles: dict[str, Any] = {str(r["host"]): r[key] for r in trial.reports if r[key]}
    if obstacles:
        host, text = min(obstacles.items())
        return fail(
            subject,
            f"{host} cannot write {text}",
            f"Name a folder that every node may write in site.{key}.",
        )
    return ok(subject, f"'{name}' can be written" if name else default)


def _extract(trial: Trial) -> str:
    lines = [line.strip() for line in (trial.log or "").splitlines() if line.strip()]
    if len(lines) > 2 * _LINES:
        lines = [*lines[:_LINES], "…", *lines[-_LINES:]]
    return " / ".join(lines) or "it said nothing"
