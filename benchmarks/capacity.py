"""What a cluster must have: nodes, core-hours, memory, disk and time of a cycle.

    python -m benchmarks.capacity [--cores 64] [--memory-gb 256] [--window 60] [--figures FILE]

For 20 and 50 members, at 9 km and 3 km, for 72 hours and 7 days, it chooses the ranks of a member
and the least number of nodes with which the whole cycle, product included, fits into the window.
Nothing is measured here: the figures lie in `benchmarks/capacity.yaml`, each with its source. A
member stays on one node; members that find no room wait for the next turn. The node in reserve is
in the nodes, not in the core-hours. Prints a table in Markdown; the last line is one JSON object.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from forecast.config.retention import RetentionConfig

FIGURES = Path(__file__).with_suffix(".yaml")
MEMBERS = (20, 50)
HORIZONS = (72, 168)
GIGA = 1e9
Figures = dict[str, Any]


@dataclass(frozen=True)
class Cluster:
    """Size of a node, and the time that a cycle may take.

    Attributes:
        cores: Cores of a node.
        memory_gb: Memory of a node, GB (10^9 bytes).
        window: Longest time from the inputs to the product, minutes.
        reserve: Nodes that may be lost without a delay.
    """

    cores: int = 64
    memory_gb: float = 256.0
    window: float = 60.0
    reserve: int = 1


@dataclass(frozen=True)
class Case:
    """One forecast: name of the domain in the figures, members, hours."""

    domain: str
    members: int
    hours: int


@dataclass(frozen=True)
class Need:
    """What one cycle takes.

    Attributes:
        ranks: Ranks of a member.
        nodes: Nodes, with those in reserve.
        turns: How many times the nodes are filled with members.
        member_minutes: Wall time of one member.
        cycle_minutes: Wall time from the inputs to the product.
        core_hours: Of the members and the stages around them.
        member_gb: Memory of a member.
        disk_gb: Files of one cycle.
        kept_gb: Files of all cycles that the retention keeps.
        network_mb_s: Mean traffic with the shared disk while members run, MB/s.
    """

    ranks: int
    nodes: int
    turns: int
    member_minutes: float
    cycle_minutes: float
    core_hours: float
    member_gb: float
    disk_gb: float
    kept_gb: float
    network_mb_s: float


@dataclass(frozen=True)
class Files:
    """Bytes that one cycle writes, by how long they are kept."""

    prepared: float
    member_fields: float
    restarts: float
    grid: float
    tables: float

    @property
    def total(self) -> float:
        """Sum."""
        return self.prepared + self.member_fields + self.restarts + self.grid + self.tables

    def kept(self, retention: RetentionConfig) -> float:
        """Bytes of all cycles, when each is kept as long as the retention says."""
        return (
            retention.field_cycles * (self.prepared + self.member_fields)
            + retention.restart_cycles * self.restarts
            + retention.grid_cycles * (self.grid + self.tables)
        )


def files_of(figures: Figures, case: Case) -> Files:
    """Bytes on disk of one cycle."""
    domain, disk = figures["domains"][case.domain], figures["disk"]
    columns = domain["nx"] * domain["ny"]
    hourly = disk["meteorology_column_hour"] + disk["emissions_column_hour"]
    return Files(
        prepared=columns * (case.hours * hourly + disk["fixed_column"]),
        member_fields=case.members
        * columns
        * (case.hours * disk["output_column_hour"] + disk["perturbation_column"]),
        restarts=case.members
        * disk["restarts"]
        * columns
        * domain["layers"]
        * disk["restart_cell"],
        grid=columns * case.hours * disk["ensemble_column_hour"],
        tables=disk["tables"],
    )


def member_seconds(figures: Figures, case: Case, ranks: int) -> float:
    """Wall time of one member, s."""
    domain, member = figures["domains"][case.domain], figures["member"]
    columns = domain["nx"] * domain["ny"]
    hour = domain["hour_ms"][ranks] / 1000 + member["input_seconds"] * columns / ranks
    return float(member["start_seconds"] + case.hours * hour * member["slowdown"])


def member_bytes(figures: Figures, case: Case, ranks: int) -> float:
    """Memory of one member, bytes."""
    domain, memory = figures["domains"][case.domain], figures["memory"]
    cells = domain["nx"] * domain["ny"] * domain["layers"]
    return float(ranks * memory["rank"] + cells * (memory["cell"] + memory["emissions_cell"]))


def other_seconds(figures: Figures, case: Case) -> float:
    """Wall time of the stages before and after the members, s; on one core each."""
    domain, before, after = (
        figures["domains"][case.domain],
        figures["preparation"],
        figures["products"],
    )
    column_hours = domain["nx"] * domain["ny"] * case.hours
    values = case.members * column_hours * after["pollutants"]
    return float(
        before["fixed_seconds"]
        + before["column_hour_seconds"] * column_hours
        + after["fixed_seconds"]
        + values / after["values_per_second"]
    )


def need_with(
    figures: Figures, case: Case, cluster: Cluster, ranks: int, nodes: int
) -> Need | None:
    """What a cycle takes with that many ranks and working nodes; None when a member does not fit.

    Args:
        figures: As in `benchmarks/capacity.yaml`.
        case: The forecast.
        cluster: Size of the nodes.
        ranks: Ranks of a member.
        nodes: Nodes that work, without those in reserve.
    """
    memory = member_bytes(figures, case, ranks)
    on_node = min(cluster.cores // ranks, int(cluster.memory_gb * GIGA // memory))
    if on_node < 1:
        return None
    turns = math.ceil(case.members / (on_node * nodes))
    member, other = member_seconds(figures, case, ranks), other_seconds(figures, case)
    files = files_of(figures, case)
    at_a_time = min(case.members, on_node * nodes)
    written = (files.member_fields + files.restarts) / case.members
    return Need(
        ranks=ranks,
        nodes=nodes + cluster.reserve,
        turns=turns,
        member_minutes=member / 60,
        cycle_minutes=(other + turns * member) / 60,
        core_hours=(case.members * ranks * member + other) / 3600,
        member_gb=memory / GIGA,
        disk_gb=files.total / GIGA,
        kept_gb=files.kept(RetentionConfig()) / GIGA,
        network_mb_s=at_a_time * (files.prepared + written) / member / 1e6,
    )


def plan(figures: Figures, case: Case, cluster: Cluster) -> Need | None:
    """The least nodes with which a cycle fits into the window, then the least core-hours.

    Returns:
        What it takes; None when no number of nodes suffices.
    """
    for nodes in range(1, case.members + 1):
        fitting = [
            need
            for ranks in figures["domains"][case.domain]["hour_ms"]
            if (need := need_with(figures, case, cluster, ranks, nodes))
            and need.cycle_minutes <= cluster.window
        ]
        if fitting:
            return min(fitting, key=lambda need: need.core_hours)
    return None


HEADER = (
    "| cells | hours | members | ranks a member | nodes, with spare | turns | member, min |"
    " cycle, min | core-hours | memory a member, GB | disk a cycle, GB |"
    " disk kept, GB | shared disk, MB/s |"
)


def row(case: Case, need: Need | None) -> str:
    """One line of the table."""
    words = [case.domain, str(case.hours), str(case.members)]
    if need is None:
        words += ["does not fit into the window"] + [""] * 9
    else:
        words += [str(need.ranks), str(need.nodes), str(need.turns)]
        words += [f"{need.member_minutes:.1f}", f"{need.cycle_minutes:.0f}"]
        words += [f"{need.core_hours:,.1f}", f"{need.member_gb:.1f}", f"{need.disk_gb:,.1f}"]
        words += [f"{need.kept_gb:,.0f}", f"{need.network_mb_s:,.0f}"]
    return f"| {' | '.join(words)} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=64)
    parser.add_argument("--memory-gb", type=float, default=256.0)
    parser.add_argument("--window", type=float, default=60.0, help="minutes to the product")
    parser.add_argument("--reserve", type=int, default=1, help="nodes that may be lost")
    parser.add_argument("--figures", type=Path, default=FIGURES)
    options = parser.parse_args()
    cluster = Cluster(options.cores, options.memory_gb, options.window, options.reserve)
    figures = yaml.safe_load(options.figures.read_text(encoding="utf-8"))
    cases = [Case(name, m, h) for name in figures["domains"] for h in HORIZONS for m in MEMBERS]
    needs = [plan(figures, case, cluster) for case in cases]
    print(HEADER)
    print("|" + "---|" * 13)
    for case, need in zip(cases, needs, strict=True):
        print(row(case, need))
    found = [
        {**asdict(case), "need": need and asdict(need)}
        for case, need in zip(cases, needs, strict=True)
    ]
    print(json.dumps({"cluster": asdict(cluster), "plans": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
