"""`forecast archive`: keep a cycle for good, or check what is kept."""

from pathlib import Path
from typing import Annotated

import typer

from forecast import __version__
from forecast.cli.app import RunsOption, app
from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError
from forecast.config.retention import ArchivedRestarts
from forecast.workflow.paths import RUNS, RunPaths


@app.command()
def archive(
    cycle: Annotated[
        str | None, typer.Argument(help="YYYY-MM-DDTHH; not needed with --verify.")
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Folder of the archive.")] = Path("archive"),
    runs: RunsOption = RUNS,
    system: Annotated[str, typer.Option(help="Name of the system.")] = "shandong",
    version: Annotated[str, typer.Option(help="Version of the system.")] = __version__,
    restarts: Annotated[
        ArchivedRestarts | None,
        typer.Option(help="Which checkpoints go along; the configuration's by default."),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the archive with its checksums.")
    ] = False,
    newest: Annotated[
        int | None, typer.Option(min=1, help="With --verify: read only that many cycles.")
    ] = None,
) -> None:
    """Archive a cycle with checksums, or verify the archive."""
    from forecast.stages.archive import archive_of, archive_run, check_archive

    store = archive_of(to, system, version)
    if cycle is not None:
        run = RunPaths((runs / Cycle.parse(cycle).name).resolve())
        typer.echo(f"Archived in {archive_run(run, store, restarts)}")
    elif not verify:
        msg = "Name a cycle to archive, such as 2022-01-01T00, or give --verify."
        raise ConfigurationError(msg)
    if verify:
        findings = check_archive(store, newest)
        for finding in findings:
            typer.echo(f"{finding.cycle}  {finding.path or '(the cycle)'}: {finding.problem}")
        count = len(store.cycles())
        typer.echo(f"{count} cycles in {store.root}: {len(findings) or 'no'} finding(s).")
        if findings or not count:
            raise typer.Exit(1)
