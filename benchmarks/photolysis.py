"""What photolysis costs a cell and a chemistry step: 25 rates, sun up everywhere, cloud and haze.

`python -m benchmarks.photolysis` computes the rates of a 64 x 56 domain of 16 layers on one core;
figures are medians. The last line is one JSON object.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from forecast.chemistry.kernels.photolysis import BANDS, Columns, Turbidity
from forecast.chemistry.photolysis import Photolysis, clear_air, read_photolysis_table
from forecast.config.photolysis import PhotolysisConfig
from forecast.fields.arrays import Float, Single

TABLE = Path(__file__).resolve().parents[1] / "data" / "photolysis" / "tuvx.nc"
RATES, NZ, CELLS = 25, 16, 64 * 56
ROUNDS = 15


def median(run: Callable[[], object]) -> float:
    """Time a function, s: the median after one run to warm up."""
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def air() -> tuple[Columns, Turbidity]:
    """Unrelated columns, zenith angle 30 to 80 degrees, a fifth of the layers cloudy."""
    rng = np.random.default_rng(0)
    bounds = 8000.0 * -np.log(np.linspace(1.0, 0.1, NZ + 1))
    middle = 0.5 * (bounds[1:] + bounds[:-1])

    def single(values: Float) -> Single:
        return np.ascontiguousarray(
            np.broadcast_to(values, (*values.shape[:-1], CELLS)), np.float32
        )

    columns = Columns(
        cosine=single(np.cos(np.radians(rng.uniform(30.0, 80.0, CELLS)))),
        ozone=single(rng.uniform(280.0, 340.0, CELLS)),
        albedo=single(rng.uniform(0.04, 0.07, CELLS)),
        height=single(middle[:, None] + rng.uniform(0.0, 800.0, CELLS)),
        pressure=single(
            101325.0 * np.exp(-bounds[:, None] / 8000.0) * rng.uniform(0.9, 1.0, CELLS)
        ),
        temperature=single(288.0 - 0.006 * middle[:, None]),
    )
    cloudy = rng.random((NZ, CELLS)) < 0.2
    turbidity = Turbidity(
        cloud=single(cloudy * rng.uniform(0.0, 10.0, (NZ, CELLS))),
        scattering=single(rng.uniform(0.0, 0.1, (BANDS, NZ, CELLS))),
        absorption=single(rng.uniform(0.0, 0.01, (BANDS, NZ, CELLS))),
    )
    return columns, turbidity


def main() -> None:
    """Measure and print."""
    table = read_photolysis_table(TABLE)
    model = Photolysis(table, table.names[:RATES], PhotolysisConfig())
    columns, turbidity = air()
    out = np.empty((NZ, RATES, CELLS), np.float32)
    day = median(lambda: model.rates(columns, turbidity, 1.0, out))
    night = columns._replace(cosine=np.full(CELLS, -0.5, np.float32))
    dark = median(lambda: model.rates(night, clear_air(NZ, CELLS), 1.0, out))
    cells = NZ * CELLS
    result = {
        "rates": RATES,
        "cells": cells,
        "day_us": day / cells * 1e6,
        "night_us": dark / cells * 1e6,
    }
    print(
        f"{RATES} rates: {result['day_us']:.3f} us a cell by day, {result['night_us']:.3f} by night"
    )
    print(json.dumps({name: round(value, 4) for name, value in result.items()}))


if __name__ == "__main__":
    main()
