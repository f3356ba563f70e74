"""Error norms of the horizontal sweeps in published tests.

`python -m benchmarks.advection` runs the rotating cone, the deformational flow of Nair and
Lauritzen (2010) on three grids and smooth hills for the order of convergence; docs/science/
transport.md puts the figures beside published ones. The last line is one JSON object.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from forecast.ctm.advection_cases import (
    AdvectionCase,
    Norms,
    deformational_flow,
    diagonal_waves,
    norms,
    rotating_cone,
    run_case,
)

GRIDS = (3.0, 1.5, 0.75)
HILLS = (16, 32, 64, 128)
TARGET = 0.033
"""The l2 error that defines the minimal resolution (Lauritzen et al. 2012, section 3.3)."""


def measure(name: str, case: AdvectionCase) -> Norms:
    """Run one case and print its norms."""
    found = norms(case, run_case(case))
    print(
        f"{name:28} l1 {found.l1:.4f}  l2 {found.l2:.4f}  largest {found.largest:.4f}  "
        f"from {found.minimum:.6f} to {found.maximum:.4f}"
    )
    return found


def order(sizes: Sequence[float], errors: Sequence[float]) -> float:
    """Fitted slope of the error over the size, both in logarithms."""
    slope, _ = np.polyfit(np.log(sizes), np.log(errors), 1)
    return round(float(slope), 2)


def main() -> None:
    """Run all cases."""
    cone = measure("rotating cone, 6 rotations", rotating_cone())
    bells = [measure(f"cosine bells, {d} degrees", deformational_flow(d)) for d in GRIDS]
    hills = [
        measure(f"gaussian hills, {d} degrees", deformational_flow(d, smooth=True)) for d in GRIDS
    ]
    smooth = [measure(f"smooth hill, {n} cells", diagonal_waves(n)) for n in HILLS]
    slope = np.log(bells[1].l2 / bells[2].l2) / np.log(GRIDS[1] / GRIDS[2])
    minimal = GRIDS[2] * (TARGET / bells[2].l2) ** (1.0 / slope)
    widths = [1.0 / n for n in HILLS]
    figures: dict[str, Any] = {
        "cone_maximum": cone.maximum,
        "cone_minimum": cone.minimum,
        "bells_l2": {str(d): n.l2 for d, n in zip(GRIDS, bells, strict=True)},
        "minimal_resolution_degrees": round(float(minimal), 2),
        "hills_l2": {str(d): n.l2 for d, n in zip(GRIDS, hills, strict=True)},
        "hills_order": order(GRIDS, [n.l2 for n in hills]),
        "order_l1": order(widths, [n.l1 for n in smooth]),
        "order_l2": order(widths, [n.l2 for n in smooth]),
        "order_largest": order(widths, [n.largest for n in smooth]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
