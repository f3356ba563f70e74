"""Box runs against the published results of NCAR's music-box: CB05 in the dark, and Chapman."""

import numpy as np
import pytest

from benchmarks.box_cases import COMPARED, BoxCase, SlowSolver
from benchmarks.box_models import run_model
from benchmarks.published_boxes import CB05_AIR, Solver, run_cb05, run_cb05_day, run_chapman
from forecast.fields.arrays import Float


def _slow(case: BoxCase, seconds: Float) -> Float:
    return SlowSolver(case.mechanism, absolute_tolerance=1e-6).run(case, seconds)


def test_cb05_gives_the_published_result() -> None:
    result = run_cb05(_slow)
    for species in COMPARED:
        ours, theirs = result.of(species)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, err_msg=species)
        np.testing.assert_allclose(ours[-1], theirs[-1], rtol=1e-5, err_msg=species)
    checked = [name for name in result.names if result.of(name)[1][-1] > 1e-12 * CB05_AIR]
    assert len(checked) > 30
    for species in checked:
        ours, theirs = result.of(species)
        np.testing.assert_allclose(ours[1:], theirs[1:], rtol=5e-4, err_msg=species)


def test_cb05_by_day_is_that_of_others() -> None:
    """MICM solved music-box's own file; every yield of every reaction by day has its part here."""
    result = run_cb05_day(_slow)
    assert len(result.names) == 57
    for species in result.names:
        ours, theirs = result.of(species)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, err_msg=species)


@pytest.mark.parametrize(
    ("solve", "tolerance"),
    [(_slow, 1e-6), (run_model, 5e-5)],
    ids=["float64 with tight tolerances", "the model's solver, float32"],
)
def test_chapman_gives_the_published_result_over_three_days(
    solve: Solver, tolerance: float
) -> None:
    result = run_chapman(solve)
    assert result.ours.shape == (5, 72)
    for species in ("O3", "OXY", "NIT"):
        ours, theirs = result.of(species)
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, err_msg=species)
    lit = result.lit
    assert lit.sum() > 30
    for species in ("O", "O1D"):
        # the atoms follow the light within seconds
        ours, theirs = result.of(species)
        np.testing.assert_allclose(ours[lit], theirs[lit], rtol=1e-4, err_msg=species)
