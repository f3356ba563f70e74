"""The command `forecast`: the same entry for people, Snakemake, Slurm and tests.

One module a group of commands; each registers its own when it is imported here.
"""

import logging

from rich.console import Console

from forecast.cli import alerts as alerts
from forecast.cli import archive as archive
from forecast.cli import calibrate as calibrate
from forecast.cli import chain as chain
from forecast.cli import config as config
from forecast.cli import doctor as doctor
from forecast.cli import explain as explain
from forecast.cli import launch as launch
from forecast.cli import observations as observations
from forecast.cli import operations as operations
from forecast.cli import prune as prune
from forecast.cli import receive as receive
from forecast.cli import revise as revise
from forecast.cli import run as run
from forecast.cli import stage as stage
from forecast.cli import status as status
from forecast.cli import trace as trace
from forecast.cli import verify as verify
from forecast.cli import warn as warn
from forecast.cli.app import app as app
from forecast.common.errors import ForecastError
from forecast.workflow.launch import Interrupted


def main() -> None:
    """Run the command; an expected error is one message and exit code 1, never a traceback."""
    logging.captureWarnings(capture=True)
    try:
        app()
    except ForecastError as error:
        Console(stderr=True).print(
            f"Error: {error}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        raise SystemExit(1) from None
    except Interrupted as signal:
        message = f"Stopped by {signal}. The same command continues the run."
        Console(stderr=True).print(message, markup=False, soft_wrap=True)
        raise SystemExit(130) from None
