"""The capacity plan: what holds whatever the figures are, and sizes known from elsewhere."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import yaml

from benchmarks.capacity import FIGURES, Case, Cluster, Need, files_of, need_with, plan
from forecast.config.load import resolve
from forecast.stages.room import needed_room

CASES = [Case(*case) for case in product(("9 km", "3 km"), (20, 50), (72, 168))]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return dict(yaml.safe_load(FIGURES.read_text(encoding="utf-8")))


def _plan(figures: dict[str, Any], case: Case, cluster: Cluster) -> Need:
    found = plan(figures, case, cluster)
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_plan_fits_and_no_smaller_one_does(figures: dict[str, Any], case: Case) -> None:
    cluster = Cluster()
    found = _plan(figures, case, cluster)
    assert found.cycle_minutes <= cluster.window
    working = found.nodes - cluster.reserve
    assert found.core_hours <= working * cluster.cores * found.cycle_minutes / 60
    assert found.member_gb <= cluster.memory_gb
    for ranks in figures["domains"][case.domain]["hour_ms"]:
        less = need_with(figures, case, cluster, ranks, working - 1) if working > 1 else None
        assert less is None or less.cycle_minutes > cluster.window


@pytest.mark.parametrize("case", CASES)
def test_more_time_larger_nodes_or_fewer_hours_never_need_more(
    figures: dict[str, Any], case: Case
) -> None:
    found = _plan(figures, case, Cluster()).nodes
    assert _plan(figures, case, Cluster(window=180)).nodes <= found
    assert _plan(figures, case, Cluster(cores=128, memory_gb=512)).nodes <= found
    assert _plan(figures, replace(case, hours=case.hours // 2), Cluster()).nodes <= found
    assert _plan(figures, case, Cluster(reserve=3)).nodes == found + 2


def test_little_memory_lets_members_wait(figures: dict[str, Any]) -> None:
    case = Case("3 km", 20, 72)
    large = need_with(figures, case, Cluster(), 8, 2)
    small = need_with(figures, case, Cluster(memory_gb=6.0), 8, 2)  # one member of 5.5 GB a node
    assert large is not None
    assert small is not None
    assert (large.turns, small.turns) == (2, 10)
    assert need_with(figures, case, Cluster(memory_gb=5.0), 8, 2) is None
    assert plan(figures, case, Cluster(window=1)) is None


def test_disk_is_what_a_run_took_and_less_than_without_compression(figures: dict[str, Any]) -> None:
    coarse = {"nx": 64, "ny": 56, "layers": 16}
    january = files_of({**figures, "domains": {"27 km": coarse}}, Case("27 km", 4, 168))
    # files of a run with full chemistry: meteorology, emissions, boundary, static; two restarts
    assert january.prepared == pytest.approx(
        214_702_169 + 6_983_999 + 7_500_755 + 286_322, rel=0.02
    )
    assert january.restarts * 2 / 5 == pytest.approx(145_231_872, rel=0.02)
    settings = ["domain=shandong_9km", "ensemble.members=20", "forecast.spin_up_hours=0"]
    most = needed_room(resolve("haze_week", settings=settings))
    found = files_of(figures, Case("9 km", 20, 168))
    assert found.prepared < most.prepared
    assert found.restarts < most.restart
    assert found.member_fields < most.member + most.perturbation
    assert found.grid < most.grid
