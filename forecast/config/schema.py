"""The generated companions of the configuration: `configs/default.yaml` and `schema.json`."""

import json

from forecast.config.load import PROJECT, resolve, write_resolved
from forecast.config.root import Configuration

_HEAD = """\
# Every setting with its default, generated from forecast/config by `forecast config write`.
# Do not edit: write what differs into a file of your own, or into a case in configs/cases.
"""


def default_yaml() -> str:
    """Text of `configs/default.yaml`: the default configuration, everything expanded."""
    return _HEAD + write_resolved(resolve())


def schema_json() -> str:
    """Text of `configs/schema.json`, for editors and for programs of others."""
    schema = Configuration.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_generated() -> None:
    """Write both files into the checkout."""
    (PROJECT / "configs" / "default.yaml").write_text(default_yaml(), encoding="utf-8")
    (PROJECT / "configs" / "schema.json").write_text(schema_json(), encoding="utf-8")
