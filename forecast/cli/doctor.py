"""`forecast doctor`: whether forecasts will run at a site, and what to do when not."""

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app, configured
from forecast.config.root import Configuration
from forecast.workflow.paths import RUNS


@app.command()
@configured
def doctor(
    configuration: Configuration,
    runs: RunsOption = RUNS,
    nodes: Annotated[
        int | None,
        typer.Option(min=1, help="Nodes of the test job; two, or one where a member has one."),
    ] = None,
    wait: Annotated[
        float, typer.Option(help="How long the test job may wait for its nodes, s.")
    ] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check a site: MPI, disk, nodes, Slurm. Exit code 1 when forecasts will not run there."""
    from forecast.stages.room import GIGA, kept_room, needed_room
    from forecast.workflow.doctor import examine
    from forecast.workflow.doctor_disk import Need
    from forecast.workflow.findings import Verdict, summary
    from forecast.workflow.launch import signals_raise

    options = configuration.retention
    budget = None if options.disk_budget_gb is None else options.disk_budget_gb * GIGA
    need = Need(
        run=needed_room(configuration).total,
        kept=kept_room(configuration),
        left=options.free_gb * GIGA,
        budget=budget,
    )
    findings = []
    with signals_raise(), closing(examine(configuration, runs, need, nodes, wait)) as found:
        for finding in found:
            findings.append(finding)
            if not as_json:
                typer.echo(finding.lines())
    if as_json:
        entries = [asdict(finding) for finding in findings]
        typer.echo(json.dumps({"site": configuration.site.name, "findings": entries}, indent=2))
    else:
        typer.echo(summary(findings))
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        raise typer.Exit(1)


@app.command(hidden=True)
def probe(
    folder: Annotated[Path, typer.Argument(help="Where the token of the doctor lies.")],
) -> None:
    """Look around as one rank of the doctor's test job."""
    from forecast.stages.probe import probe as look_around

    look_around(folder)
