"""The data dictionary of the docs, written from the variable registry."""

from forecast.fields.variables import REGISTRY

_HEAD = """\
# Data dictionary

Every variable of the files that the system writes, generated from the registry
(`forecast/fields/variables.py`) by `forecast config write`. The registry is checked on every write
and on every read. Times are UTC; hours are labelled by their end; dimensions are in file order.

| name | units | dimensions | type | meaning | CF standard name |
|---|---|---|---|---|---|
"""


def data_dictionary() -> str:
    """Return the text of `docs/data_dictionary.md`."""
    rows = (
        f"| `{v.name}` | {v.units or '-'} | {', '.join(v.dims) or '-'} | {v.dtype} |"
        f" {v.long_name} | {v.standard_name or '-'} |"
        for v in REGISTRY.values()
    )
    return _HEAD + "\n".join(rows) + "\n"
