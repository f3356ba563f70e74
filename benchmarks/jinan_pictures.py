"""Pictures of the boxes of Jinan: three days of gases, radicals, particles and light."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from benchmarks.jinan_findings import acidity
from forecast.chemistry.box import BoxResult
from forecast.fields.arrays import Float

Series = Callable[[BoxResult], Float]
Runs = dict[str, dict[str, dict[str, BoxResult]]]
GASES = ("O3", "NO", "NO2", "HONO", "N2O5", "PAN", "H2O2", "HNO3", "NH3", "SO2", "FORM")
STACK = {
    "ASO4": "crimson", "ANO3": "royalblue", "ANH4": "orange", "AEC": "black", "AOC": "forestgreen",
    "AOTHR": "tan",
}  # fmt: skip


def draw(runs: Runs, folder: Path) -> None:
    """Write one picture a box, and one of the variants."""
    folder.mkdir(parents=True, exist_ok=True)
    for box, found in runs.items():
        _one(box, {name: run["as the model"] for name, run in found.items()}, folder)
        _variants(box, found["cb05"], folder)


def _one(box: str, found: dict[str, BoxResult], folder: Path) -> None:
    figure, axes = plt.subplots(5, 3, figsize=(16, 17), sharex=True)
    panels = iter(axes.ravel())
    for gas in GASES:
        axis = next(panels)
        for style, (name, run) in zip(("-", "--"), found.items(), strict=False):
            axis.plot(run.hour, run.ppb(gas), "C0" + style, label=f"{name}, mixed layer")
            axis.plot(run.hour, run.ppb(gas, 1), "C1" + style, label=f"{name}, above", lw=0.8)
        _finish(axis, f"{gas}, ppb")
    axes[0, 0].legend(fontsize=7)
    radicals = next(panels)
    for style, (name, run) in zip(("-", "--"), found.items(), strict=False):
        radicals.plot(run.hour, run.amount_of("OH") / 1e6, "C3" + style, label=f"OH 1e6 {name}")
        radicals.plot(run.hour, run.amount_of("HO2") / 1e8, "C2" + style, label=f"HO2 1e8 {name}")
    radicals.legend(fontsize=7)
    _finish(radicals, "radicals, cm-3")
    run = next(iter(found.values()))
    stack = next(panels)
    organics = np.maximum(run.fine_mass() - sum(run.amount_of(name) for name in STACK), 0.0)
    stack.stackplot(
        run.hour, *(run.amount_of(name) for name in STACK), organics,
        labels=[*STACK, "secondary organic"], colors=[*STACK.values(), "lightgreen"],
    )  # fmt: skip
    stack.plot(run.hour, run.amount_of("AH2O"), "k:", label="water")
    stack.legend(fontsize=6)
    _finish(stack, "PM2.5, ug m-3")
    axis = next(panels)
    axis.plot(
        run.hour[1:], run.formed_of("ASO4")[1:], "crimson", label="sulfate formed, ug m-3 h-1"
    )
    axis.plot(run.hour[1:], run.formed_of("ANO3", 1)[1:], "b", lw=0.8, label="nitrate, above")
    axis.plot(run.hour[1:], run.formed_of("ANO3")[1:], "royalblue", label="nitrate")
    axis.legend(fontsize=7)
    _finish(axis, "formed in particles")
    axis = next(panels)
    axis.plot(run.hour[1:], acidity(run)[1:], "k", label="pH")
    axis.plot(run.hour, run.humidity[:, 0] * 10, "C0", label="humidity x 10")
    axis.plot(run.hour, run.depth[:, 0] / 100, "C1", label="mixing height / 100 m")
    axis.plot(run.hour, run.rate("jNO2") * 1e3, "C2", label="jNO2, 1e-3 s-1")
    axis.legend(fontsize=7)
    _finish(axis, "conditions")
    figure.suptitle(box)
    figure.tight_layout()
    figure.savefig(folder / f"{box}.png", dpi=80)
    plt.close(figure)


def _variants(box: str, found: dict[str, BoxResult], folder: Path) -> None:
    figure, axes = plt.subplots(2, 4, figsize=(18, 8), sharex=True)
    rows: tuple[tuple[str, Series], ...] = (
        ("PM2.5, ug m-3", lambda run: run.fine_mass()),
        ("sulfate, ug m-3", lambda run: run.amount_of("ASO4")),
        ("nitrate, ug m-3", lambda run: run.amount_of("ANO3")),
        ("O3, ppb", lambda run: run.ppb("O3")),
        ("HONO, ppb", lambda run: run.ppb("HONO")),
        ("OH, 1e6 cm-3", lambda run: run.amount_of("OH") / 1e6),
        ("NO2, ppb", lambda run: run.ppb("NO2")),
        ("jNO2, 1e-3 s-1", lambda run: run.rate("jNO2") * 1e3),
    )
    for axis, (title, values) in zip(axes.ravel(), rows, strict=True):
        for name, run in found.items():
            axis.plot(run.hour, values(run), label=name)
        _finish(axis, title)
    axes[0, 0].legend(fontsize=7)
    figure.suptitle(box)
    figure.tight_layout()
    figure.savefig(folder / f"{box}_variants.png", dpi=80)
    plt.close(figure)


def _finish(axis: Axes, title: str) -> None:
    axis.set_title(title, fontsize=9)
    axis.set_xticks(range(0, 73, 12))
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
