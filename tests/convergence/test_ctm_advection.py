"""Order of convergence and published tests of the horizontal sweeps.

The norms are those of docs/science/transport.md; `python -m benchmarks.advection` prints them.
"""

import numpy as np
import pytest

from forecast.ctm.advection_cases import (
    Norms,
    deformational_flow,
    diagonal_waves,
    norms,
    rotating_cone,
    run_case,
)


def _fitted_order(cells: list[int], errors: list[float]) -> float:
    """Slope of the error over the number of cells, both in logarithms."""
    slope, _ = np.polyfit(np.log(cells), np.log(errors), 1)
    return -float(slope)


def test_order_on_a_smooth_hill() -> None:
    """Second order in the mean; the constraint flattens maxima, so the largest error falls less."""
    cells = [16, 32, 64, 128]
    results = [norms(case, run_case(case)) for case in map(diagonal_waves, cells)]
    assert _fitted_order(cells, [r.l1 for r in results]) > 2.1
    assert _fitted_order(cells, [r.l2 for r in results]) > 1.85
    assert _fitted_order(cells, [r.largest for r in results]) > 1.3


@pytest.fixture(scope="module")
def cone() -> Norms:
    case = rotating_cone()
    return norms(case, run_case(case))


def test_the_rotating_cone_keeps_its_height_as_published_schemes_do(cone: Norms) -> None:
    """Six rotations of a cone from 1 to 5.

    Published maxima (tests of PyMPDATA for figure 12 of Jaruga et al. 2015, doi
    10.5194/gmd-8-1005-2015): 3.53 with two iterations, non-oscillatory; 4.27 with three
    iterations, third-order terms, non-oscillatory.
    """
    assert cone.maximum > 3.53
    assert cone.maximum == pytest.approx(4.27, abs=0.1)
    assert cone.maximum <= 5.0


def test_the_rotating_cone_leaves_the_background_alone(cone: Norms) -> None:
    assert cone.minimum == 1.0


def test_deformed_bells_return() -> None:
    """Errors fall with the grid distance, and no value leaves the range of the start."""
    coarse, fine = (deformational_flow(degrees) for degrees in (3.0, 1.5))
    first, second = norms(coarse, run_case(coarse)), norms(fine, run_case(fine))
    assert first.l2 == pytest.approx(0.388, abs=0.01)
    assert second.l2 == pytest.approx(0.165, abs=0.005)
    for result in (first, second):
        assert result.minimum >= 0.1 * (1.0 - 1e-6)
        assert result.maximum <= 1.0 + 1e-6


def test_deformed_smooth_hills_converge_faster_than_first_order() -> None:
    results = []
    for degrees in (3.0, 1.5):
        case = deformational_flow(degrees, smooth=True)
        results.append(norms(case, run_case(case)))
    assert _fitted_order([1, 2], [r.l2 for r in results]) > 1.4


def test_mass_returns_with_the_bells() -> None:
    case = deformational_flow(3.0)
    final = run_case(case)
    assert (final * case.area).sum() == pytest.approx((case.initial * case.area).sum(), rel=3e-6)
