"""What others ask of air-quality models, to hold the scores against."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """Limits of scores for one pollutant.

    Attributes:
        pollutant: One of the six.
        source: Who asks.
        kind: "goal": what the best third of the models reach; "criteria": two thirds.
        nmb: Greatest absolute normalised mean bias.
        nme: Greatest normalised mean error; None when not given.
        r: Least correlation; None when not given.
    """

    pollutant: str
    source: str
    kind: str
    nmb: float
    nme: float | None
    r: float | None


# Emery et al. (2017, doi 10.1080/10962247.2016.1265027): ozone as an open implementation has it,
# PM2.5 (24 h) and the correlations of Huang et al. from memory; Huang et al. (2021,
# doi 10.5194/acp-21-2725-2021) for PM2.5 over China.
BENCHMARKS = (
    Benchmark("pm25", "Emery 2017", "goal", 0.10, 0.35, 0.70),
    Benchmark("pm25", "Emery 2017", "criteria", 0.30, 0.50, 0.40),
    Benchmark("pm25", "Huang 2021", "goal", 0.10, 0.35, 0.70),
    Benchmark("pm25", "Huang 2021", "criteria", 0.20, 0.45, 0.60),
    Benchmark("o3", "Emery 2017", "goal", 0.05, 0.15, 0.75),
    Benchmark("o3", "Emery 2017", "criteria", 0.15, 0.25, 0.50),
)
