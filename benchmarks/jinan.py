"""Days over Jinan in a box, beside what was measured; and what each part of the chemistry adds.

`python -m benchmarks.jinan` runs the boxes of configs/boxes for three days with CB05 and CB6r3,
prints each number beside the range that was measured, then what changes when particles do not
react, when haze does not dim the light, when the ground makes no nitrous acid and with other steps.
`--pictures FOLDER` also draws them. The last line is one JSON object.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jinan_findings import DAY, FINDINGS, NOON, Finding
from forecast.chemistry.box import STEP, BoxResult, box_run
from forecast.chemistry.box_budget import atoms_of
from forecast.config.chemistry import ChemistryConfig
from forecast.config.haze import (
    DinitrogenPentoxide,
    HumidUptake,
    ParticleWaterConfig,
    UptakeConfig,
)

BOXES = ("jinan_winter", "jinan_winter_clean", "jinan_summer")
MECHANISMS = ("cb05", "cb6r3")
NEVER = HumidUptake(enabled=False, dry=0.0, humid=0.0)


@dataclass(frozen=True)
class Variant:
    """A box run in another way.

    Attributes:
        name: In words.
        options: Changes the chemistry.
        step: s.
    """

    name: str
    options: Callable[[ChemistryConfig], ChemistryConfig]
    step: float = STEP


def mechanism(name: str) -> ChemistryConfig:
    """Chemistry with a mechanism of configs/mechanisms."""
    return ChemistryConfig(mechanism=f"configs/mechanisms/{name}.yaml")


def unreactive_particles(options: ChemistryConfig) -> ChemistryConfig:
    """Switch off all that particles and their water do to gases, but equilibrium and organics."""
    uptake = UptakeConfig(
        dinitrogen_pentoxide=DinitrogenPentoxide.OFF,
        nitrogen_dioxide=NEVER,
        light_nitrogen_dioxide=0.0,
        nitrate_radical=0.0,
        hydroperoxyl=0.0,
        ground=options.haze.uptake.ground,
    )
    water = ParticleWaterConfig(
        hydrogen_peroxide=False, ozone=False, nitrogen_dioxide=False, metals=False, surface=NEVER
    )
    sulfur = options.haze.sulfur.model_copy(update={"particles": water})
    haze = options.haze.model_copy(update={"uptake": uptake, "sulfur": sulfur})
    return options.model_copy(update={"haze": haze})


def clear_light(options: ChemistryConfig) -> ChemistryConfig:
    """Let haze not dim the light."""
    light = options.photolysis.model_copy(update={"haze_dims": False})
    return options.model_copy(update={"photolysis": light})


def idle_ground(options: ChemistryConfig) -> ChemistryConfig:
    """Let no NO2 become HONO on the ground."""
    ground = options.haze.uptake.ground.model_copy(update={"enabled": False})
    uptake = options.haze.uptake.model_copy(update={"ground": ground})
    haze = options.haze.model_copy(update={"uptake": uptake})
    return options.model_copy(update={"haze": haze})


def unchanged(options: ChemistryConfig) -> ChemistryConfig:
    """Change nothing."""
    return options


VARIANTS = (
    Variant("as the model", unchanged),
    Variant("particles do not react", unreactive_particles),
    Variant("haze does not dim", clear_light),
    Variant("ground makes no HONO", idle_ground),
    Variant("steps of 20 minutes", unchanged, step=1200.0),
    Variant("steps of 1 minute", unchanged, step=60.0),
)


def run_variant(box: str, variant: Variant, options: ChemistryConfig) -> BoxResult:
    """Run a box in another way."""
    return box_run(box, variant.options(options), variant.step)


def outcome(run: BoxResult) -> dict[str, float]:
    """What a forecaster looks at: means of the third day, and its extremes."""
    return {
        "pm25": float(run.fine_mass()[DAY].mean()),
        "sulfate": float(run.amount_of("ASO4")[DAY].mean()),
        "nitrate": float(run.amount_of("ANO3")[DAY].mean()),
        "ammonium": float(run.amount_of("ANH4")[DAY].mean()),
        "o3_most": float(run.ppb("O3")[DAY].max()),
        "no2": float(run.ppb("NO2")[DAY].mean()),
        "hono_6h": float(run.ppb("HONO")[54]),
        "hono_noon": float(run.ppb("HONO")[NOON]),
        "oh_noon_1e6": float(run.amount_of("OH")[NOON] / 1e6),
        "pan_most": float(run.ppb("PAN")[DAY].max()),
        "jno2_noon_1e3": float(run.rate("jNO2")[NOON] * 1e3),
    }


def closures(run: BoxResult) -> dict[str, float]:
    """Nitrogen and sulfur that chemistry made or lost, over all that took part."""
    return {
        element: run.budget.closure(atoms_of(element, run.composition))
        for element in ("nitrogen", "sulfur")
    }


def verdict(finding: Finding, value: float) -> str:
    """Say where a value lies."""
    if finding.low <= value <= finding.high:
        return "within"
    return "below" if value < finding.low else "above"


def compare() -> dict[str, dict[str, dict[str, BoxResult]]]:
    """Run all boxes with both mechanisms and print them beside the measurements."""
    runs = {
        box: {name: {"as the model": box_run(box, mechanism(name))} for name in MECHANISMS}
        for box in BOXES
    }
    print("box | quantity | CB05 | CB6r3 | measured | ")
    for finding in FINDINGS:
        values = [finding.value(runs[finding.box][name]["as the model"]) for name in MECHANISMS]
        print(
            f"{finding.box} | {finding.what} | {values[0]:.3g} | {values[1]:.3g} | {finding.low:g} "
            f"to {finding.high:g} | {verdict(finding, values[0])} | {finding.source}"
        )
    return runs


def vary(runs: dict[str, dict[str, dict[str, BoxResult]]]) -> dict[str, dict[str, float]]:
    """Run the variants with CB05 and print them; return what they give."""
    results = {}
    for box in BOXES:
        for variant in VARIANTS:
            run = runs[box]["cb05"].get(variant.name) or run_variant(
                box, variant, mechanism("cb05")
            )
            runs[box]["cb05"][variant.name] = run
            results[f"{box}: {variant.name}"] = outcome(run)
            numbers = "  ".join(f"{key} {value:.3g}" for key, value in outcome(run).items())
            print(f"{box:20s} {variant.name:24s} {numbers}")
    return results


def main() -> None:
    """Print everything."""
    runs = compare()
    results = vary(runs)
    for box in BOXES:
        for name in MECHANISMS:
            kept = closures(runs[box][name]["as the model"])
            results[f"{box}: closure {name}"] = kept
            print(box, name, {element: f"{value:.1e}" for element, value in kept.items()})
    if "--pictures" in sys.argv:
        from benchmarks.jinan_pictures import draw  # noqa: PLC0415

        draw(runs, Path(sys.argv[sys.argv.index("--pictures") + 1]))
    print(
        json.dumps(
            {key: {k: float(f"{v:.4g}") for k, v in row.items()} for key, row in results.items()}
        )
    )


if __name__ == "__main__":
    main()
