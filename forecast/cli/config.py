"""`forecast config` and `forecast cases`: what can be set, and what is set."""

import typer

from forecast.cli.app import app, check_science, configured
from forecast.config.inputs import check_inputs
from forecast.config.load import PROJECT, case_names, resolve, write_resolved
from forecast.config.root import Configuration
from forecast.config.schema import schema_json, write_generated
from forecast.fields.dictionary import data_dictionary

config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")
app.add_typer(config_app, name="config")


@app.command()
def cases() -> None:
    """List the cases."""
    for name in case_names():
        case = resolve(name).case
        typer.echo(f"{name:<16} {case.cycle}  {case.title}")


@config_app.command("show")
@configured
def config_show(configuration: Configuration) -> None:
    """Print the whole configuration, every default included."""
    typer.echo(write_resolved(configuration), nl=False)


@config_app.command("check")
@configured
def config_check(configuration: Configuration) -> None:
    """Check keys, values and input files without running anything."""
    check_inputs(configuration)
    check_science(configuration)
    typer.echo("The configuration is right, and all files that it names fit together.")


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration."""
    typer.echo(schema_json(), nl=False)


@config_app.command("write")
def config_write() -> None:
    """Write default.yaml, all schemas and the data dictionary anew; for developers."""
    from forecast.bulletins.feed import write_schemas  # heavier than a command should be

    write_generated()
    write_schemas(PROJECT / "configs" / "products")
    (PROJECT / "docs" / "data_dictionary.md").write_text(data_dictionary(), encoding="utf-8")
