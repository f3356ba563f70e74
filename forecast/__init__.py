"""Ensemble air-quality forecasting and heavy-pollution warning for Shandong province.

`forecast.open_cycle` and `forecast.open_archive` give what was computed as xarray; see
`docs/notebooks.md`. They are loaded when they are first asked for, so `import forecast` costs
nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_OPENERS = "forecast.stages.open_cycle"
__all__ = ["__version__", "open_archive", "open_cycle"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the functions of another module
    # By name: an import statement here would make every room that reads `__version__` depend on
    # all the others.
    if name in {"open_archive", "open_cycle"}:
        return getattr(import_module(_OPENERS), name)
    msg = f"module 'forecast' has no attribute '{name}'"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
