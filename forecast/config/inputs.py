"""The files of others that a configuration names."""

from collections.abc import Iterator
from pathlib import Path

from forecast.common.dated_path import DatedPath
from forecast.common.errors import InputError
from forecast.config.base import Model
from forecast.config.load import project_path
from forecast.config.root import Configuration

_ENDINGS = (
    "path", "file", "folder", "boundaries", "cities", "stations", "inventory", "profiles",
    "mechanism", "files",
)  # fmt: skip


def input_paths(configuration: Configuration) -> list[tuple[str, Path]]:
    """Every file and folder that the configuration names, with the key that names it.

    A setting names a file when its key ends in a word such as "path", "file" or "folder" and its
    value is a non-empty text.
    """
    return [
        (key, project_path(text))
        for key, text in _texts(configuration, "")
        if key.rpartition(".")[2].partition("[")[0].endswith(_ENDINGS)
    ]


def expected_paths(configuration: Configuration) -> list[tuple[str, Path]]:
    """Those of `input_paths` that must be there before a run begins.

    The others are tried when the run needs them, one rung of their ladder after the other: files
    with a date in their path, which may be late, and files that something can stand in for.
    """
    tried = tried_later(configuration)
    return [(key, path) for key, path in input_paths(configuration) if key not in tried]


def tried_later(configuration: Configuration) -> set[str]:
    """Keys of the inputs that are tried when the run needs them; see `expected_paths`."""
    meteorology, emissions = configuration.meteorology, configuration.emissions
    boundary = configuration.boundary
    second = meteorology.fallback.second_source
    found = {
        "meteorology.path": (meteorology.path, second is not None),
        "emissions.inventory": (emissions.inventory, bool(emissions.fallback.climatology)),
        "boundary.profiles": (boundary.profiles, bool(boundary.fallback.season_profiles)),
        "meteorology.fallback.second_source.path": ("" if second is None else second.path, False),
    }
    return {key for key, (text, replaced) in found.items() if replaced or DatedPath(text).dated}


def _texts(model: Model, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        key = f"{prefix}{name}"
        if isinstance(value, Model):
            yield from _texts(value, f"{key}.")
        elif isinstance(value, str) and value:
            yield key, value
        elif isinstance(value, tuple) and key.endswith(("_files", "season_profiles")):
            yield from ((f"{key}[{place}]", text) for place, text in enumerate(value))


def check_inputs(configuration: Configuration) -> None:
    """Check that every file that a run needs from its beginning is there.

    Raises:
        InputError: Some are not; all of them are listed with the key that names them.
    """
    missing = [(key, path) for key, path in expected_paths(configuration) if not path.exists()]
    if missing:
        lines = "\n".join(f"  {key}: '{path}'" for key, path in missing)
        msg = (
            f"{len(missing)} input file(s) of the configuration do not exist:\n{lines}\n"
            "Put them there, or name other files in the configuration."
        )
        raise InputError(msg)
