"""What the boxes of Jinan must show, each with the range that was measured and by whom.

Values are of the third day. Ranges of monitoring stations are widened by a tenth, the uncertainty
of their instruments (assumed). `Finding.below` marks what is known to lie below measurements, with
the reason in docs/science/box_runs.md; a test holds that too, so that the page stays true.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecast.chemistry.box import BoxResult
from forecast.fields.arrays import Float

Value = Callable[[BoxResult], float]
DAY = slice(48, 73)
NIGHT = (*range(48, 54), *range(68, 73))
"""Hours of the third day that are dark in any season: before 6 and from 20 o'clock."""
NOON, MORNING = 60, 54
SULFATE, NITRATE, AMMONIUM = 96.0626, 62.0049, 18.0385
"""Molar masses, g mol-1."""
AVOGADRO = 6.02214076e23
ALOFT = 1
HYDROGEN = 1.00784e-3
"""kg mol-1."""
UCI = (
    "12 stations of Beijing, 2013 to 2016, 5 to 95 % (UCI 501, Zhang S. et al. 2017, doi "
    "10.1098/rspa.2017.0457; at 273 K)"
)
SLATER = "central Beijing, late autumn 2016 (Slater et al. 2020, doi 10.5194/acp-20-14847-2020)"
WHALLEY = "Beijing, summer 2017 (Whalley et al. 2021, doi 10.5194/acp-21-2125-2021)"
TAIZHOU = "Taizhou, early summer 2018 (Ma X. et al. 2022, doi 10.5194/acp-22-7005-2022)"


@dataclass(frozen=True)
class Finding:
    """One number of a box, and what was measured.

    Attributes:
        box: Name of the box.
        what: Quantity and unit.
        value: Computes it from a run.
        low: Lower end of what was measured, with its uncertainty.
        high: Upper end.
        source: What was measured, where and by whom.
        below: Whether the box is known to lie below.
    """

    box: str
    what: str
    value: Value
    low: float
    high: float
    source: str
    below: bool = False


def ratio_to_noon(name: str) -> Value:
    """Value at 6 o'clock over that at noon."""
    return lambda run: float(run.amount_of(name)[MORNING] / run.amount_of(name)[NOON])


def night_mean(name: str, layer: int = 0) -> Value:
    """Mean of the dark hours, ppb."""
    return lambda run: float(run.ppb(name, layer)[list(NIGHT)].mean())


def night_largest(name: str, layer: int = 0) -> Value:
    """Largest of the dark hours, ppb."""
    return lambda run: float(run.ppb(name, layer)[list(NIGHT)].max())


def largest(name: str) -> Value:
    """Largest of the day, ppb."""
    return lambda run: float(run.ppb(name)[DAY].max())


def smallest(name: str) -> Value:
    """Smallest of the day, ppb."""
    return lambda run: float(run.ppb(name)[DAY].min())


def hour_of_largest(name: str) -> Value:
    """Hour of the day with the largest amount."""
    return lambda run: float(run.ppb(name)[DAY].argmax())


def radical(name: str, unit: float) -> Value:
    """Largest number density of the day, in units."""
    return lambda run: float(run.amount_of(name)[DAY].max() / unit)


def mean_mass(name: str) -> Value:
    """Mean of the day, ug m-3."""
    return lambda run: float(run.amount_of(name)[DAY].mean())


def share(name: str) -> Value:
    """Mean share of PM2.5."""
    return lambda run: float((run.amount_of(name) / run.fine_mass())[DAY].mean())


def fine_mass(run: BoxResult) -> float:
    """Mean PM2.5 of the day, ug m-3."""
    return float(run.fine_mass()[DAY].mean())


def charge(run: BoxResult) -> float:
    """Largest distance of ammonium over sulfate and nitrate from 1, in equivalents."""
    acid = 2.0 * run.amount_of("ASO4") / SULFATE + run.amount_of("ANO3") / NITRATE
    balance = run.amount_of("ANH4") / AMMONIUM / acid
    return float(np.abs(balance[DAY] - 1.0).max())


def acidity(run: BoxResult) -> Float:
    """PH of particle water, hour by hour."""
    water = np.maximum(run.amount_of("AH2O"), 1e-6)
    return -np.log10(np.maximum(run.amount_of("AHP") / water / HYDROGEN, 1e-12))


def mean_acidity(run: BoxResult) -> float:
    """Mean pH of the day."""
    return float(acidity(run)[DAY].mean())


def sulfate_rate(run: BoxResult) -> float:
    """Largest sulfate formed in an hour, ug m-3."""
    return float(run.formed_of("ASO4")[DAY].max())


def oxidised(run: BoxResult) -> float:
    """Sulfate over all sulfur, mean of the dark hours (mol over mol)."""
    sulfate = run.amount_of("ASO4") / SULFATE * 1e-12 * AVOGADRO
    night = list(NIGHT)
    return float((sulfate / (sulfate + run.amount_of("SO2")))[night].mean())


def nitrate_made(layer: int) -> Value:
    """Nitrate made in the dark as acid and particles, second night, 18 to 7 o'clock, ug m-3."""

    def value(run: BoxResult) -> float:
        acid = run.formed_of("HNO3", layer) / AVOGADRO * 1e12 * NITRATE
        return float((run.formed_of("ANO3", layer) + acid)[43:56].sum())

    return value


def photolysis(run: BoxResult) -> float:
    """Rate of NO2 at noon, 1e-3 s-1."""
    return float(run.rate("jNO2")[NOON] * 1e3)


def net_ozone(run: BoxResult) -> float:
    """Rise of ozone from 9 to 15 o'clock, ppb an hour."""
    ozone = run.ppb("O3")
    return float((ozone[63] - ozone[57]) / 6.0)


HAZE, CLEAN, SUMMER = "jinan_winter", "jinan_winter_clean", "jinan_summer"
HONO_WINTER = (
    "Zhengzhou, January 2019: 1.2, 2.3, 3.7 on clean, polluted, heavily polluted days (Hao et al. "
    "2020, doi 10.5194/acp-20-7087-2020); Jinan up to 8.4 (Li D. et al. 2018)"
)
FINDINGS = (
    Finding(HAZE, "PM2.5, mean, ug m-3", fine_mass, 75, 250, "polluted days by HJ 633, by choice"),
    Finding(HAZE, "O3, least, ppb", smallest("O3"), 0, 7.9,
            f"{UCI}: December and January, PM2.5 above 75, night: 0.5 to 7.9"),
    Finding(HAZE, "O3, most, ppb", largest("O3"), 7, 32,
            "the same, 12 to 15 h, NO2 15 to 25 ppb as here: 7.5 to 29; with any NO2 0.9 to 21"),
    Finding(HAZE, "NO at 6 h over noon", ratio_to_noon("NO"), 1.0, 20,
            "NO fills the night that it has cleared of O3: up to 250 ppb, " + SLATER),
    Finding(HAZE, "NO2, mean of the dark, ppb", night_mean("NO2"), 27, 75,
            "the same, night: 27 to 75"),
    Finding(HAZE, "OH, most, 1e6 cm-3", radical("OH", 1e6), 1, 8, f"1 to 8, mean 2.7, {SLATER}"),
    Finding(HAZE, "HO2, most, 1e8 cm-3", radical("HO2", 1e8), 0.2, 1.5,
            f"daily maxima 0.2 to 1.5, {SLATER}; models 3 to 20 times lower where NO is high",
            below=True),
    Finding(HAZE, "HONO, mean of the dark, ppb", night_mean("HONO"), 1.0, 5.0, HONO_WINTER),
    Finding(HAZE, "HONO at noon, ppb", lambda run: float(run.ppb("HONO")[NOON]), 0.4, 2.0,
            "0.5 to 2 by day in cities of China (Tie et al. 2019, doi 10.5194/acp-19-11267-2019)",
            below=True),
    Finding(HAZE, "N2O5 in the dark, most, ppb", night_largest("N2O5"), 0, 0.08,
            "near zero at the ground of Beijing, December 2016, since NO is high (Wang H. et al. "
            "2018, doi 10.5194/acp-18-10483-2018)"),
    Finding(HAZE, "nitrate made in a night aloft, ug m-3", nitrate_made(ALOFT), 5, 50,
            "50 above Beijing in heavy haze (the same)"),
    Finding(HAZE, "nitrate, share of PM2.5", share("ANO3"), 0.12, 0.40,
            "1/8 to 1/4 in cities of China (Ge et al. 2017), more since: most of the ions of "
            "winter 2017 (Xie et al. 2020, doi 10.5194/acp-20-5019-2020)"),
    Finding(HAZE, "ammonium: charge missing or over", charge, 0, 0.05,
            "NH3 is in excess in the region, so acids are neutralised"),
    Finding(HAZE, "pH, mean", mean_acidity, 3.8, 5.2,
            "Beijing, winter: 4 to 5 (Song et al. 2018, doi 10.5194/acp-18-7423-2018), 4.5 +- 0.7 "
            "(Ding et al. 2019, doi 10.5194/acp-19-7939-2019)"),
    Finding(HAZE, "sulfate formed, most, ug m-3 h-1", sulfate_rate, 0.3, 10,
            "up to 10 with 40 ppb of SO2 in 2013 (Cheng et al. 2016, doi 10.1126/sciadv.1601530)"),
    Finding(HAZE, "sulfate over all sulfur in the dark", oxidised, 0.5, 0.9,
            "Shijiazhuang: 0.15 + 0.0032 exp(RH/16.2 %), at 77 to 88 % 0.52 to 0.88 (Liu Y. et al. "
            "2021, doi 10.5194/acp-21-13269-2021)", below=True),
    Finding(HAZE, "PAN, most, ppb", largest("PAN"), 0.23, 4.4,
            "Beijing, winter 2010: 0.23 to 3.5 (Zhang H. et al. 2012, doi "
            "10.5194/acpd-12-31871-2012); plain, winter 2018: 0.9 +- 0.7, up to 4.4 (Li Z. et al. "
            "2022, J. Environ. Sci.)"),
    Finding(HAZE, "H2O2, most, ppb", largest("H2O2"), 0.3, 2.1,
            "Zhengzhou, late winter 2019: 1.5 +- 0.6 on heavily polluted days, which models with "
            "that much NO do not have", below=True),
    Finding(CLEAN, "PM2.5, mean, ug m-3", fine_mass, 3, 20, "clean days, by choice"),
    Finding(CLEAN, "O3 at 5 h, ppb", lambda run: float(run.ppb("O3")[53]), 16, 35,
            f"{UCI}: January, PM2.5 below 20, wind above 3 m s-1: 17 to 32"),
    Finding(CLEAN, "O3, most, ppb", largest("O3"), 20, 39.6, "the same, 12 to 15 h: 22 to 36"),
    Finding(CLEAN, "NO2, mean of the dark, ppb", night_mean("NO2"), 1, 20,
            "the same, night: 1.2 to 18.5"),
    Finding(CLEAN, "OH, most, 1e6 cm-3", radical("OH", 1e6), 1, 8, f"1 to 8, mean 2.7, {SLATER}"),
    Finding(SUMMER, "O3, most, ppb", largest("O3"), 52, 154,
            f"{UCI}: July days above 31 degrees: 52 to 147, median 104; Jinan, August 2017: up "
            "to 154 (Lyu et al. 2019, doi 10.5194/acp-19-3025-2019)"),
    Finding(SUMMER, "hour of most O3", hour_of_largest("O3"), 13, 19, "the same days: 13 to 19 h"),
    Finding(SUMMER, "O3, least, ppb", smallest("O3"), 0.8, 30, "the same days: 0.9 to 27"),
    Finding(SUMMER, "rise of O3, 9 to 15 h, ppb h-1", net_ozone, 3, 19,
            "the same days: 3 to 17.5; Jinan, episode of August 2017: sun and inflow up to 14 and "
            "19 together (Lyu et al. 2019)"),
    Finding(SUMMER, "OH, most, 1e6 cm-3", radical("OH", 1e6), 5, 28,
            f"up to 28, {WHALLEY}; 10 in the mean of days, {TAIZHOU}; 5 to 15 at Wangdu (Tan et "
            "al. 2017, doi 10.5194/acp-17-663-2017, from memory)"),
    Finding(SUMMER, "HO2, most, 1e8 cm-3", radical("HO2", 1e8), 3, 14,
            f"10 at the peak, {WHALLEY}; 11, {TAIZHOU}; 3 to 14 at Wangdu (from memory)"),
    Finding(SUMMER, "HONO, mean of the dark, ppb", night_mean("HONO"), 0.5, 2.5,
            "Beijing, June to September 2021: monthly means 1.0 to 1.3 (Li J. et al. 2025, doi "
            "10.5194/acp-25-2551-2025)", below=True),
    Finding(SUMMER, "N2O5, most of the dark, ppb", night_largest("N2O5"), 0.02, 0.94,
            "outflow of Beijing, 2016: up to 0.94 (Wang H. et al. 2018, doi "
            "10.5194/acp-18-9705-2018)"),
    Finding(SUMMER, "nitrate at 5 h, ug m-3",
            lambda run: float(run.amount_of("ANO3")[53]), 5, 40,
            "nitrate drives haze of summer nights, PM1 35 to 64 on average (Li H. et al. 2018, doi "
            "10.5194/acp-18-5293-2018)"),
    Finding(SUMMER, "nitrate at 6 h over noon", ratio_to_noon("ANO3"), 3, 200,
            "equilibrium: much lower by day (Nie et al. 2018, doi 10.5194/acp-18-17177-2018)"),
    Finding(SUMMER, "pH, mean of the dark",
            lambda run: float(acidity(run)[list(NIGHT)].mean()), 2.2, 5.0,
            "Beijing, summer: 3.8 +- 1.2 (Ding et al. 2019)"),
    Finding(SUMMER, "PAN, most, ppb", largest("PAN"), 0.3, 5, "summer of the plain, from memory"),
    Finding(SUMMER, "H2O2, most, ppb", largest("H2O2"), 0.5, 11,
            "Wangdu 2014: mean 0.5, up to 11 (Wang Y. et al. 2016, from memory)"),
)  # fmt: skip
"""Everything that is compared."""
