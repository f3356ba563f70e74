# %% [markdown]
# # Explore a cycle
#
# What did the members say, where was the air worst, what was it made of, and what was proposed?
# Open this file in an editor that knows cells (`# %%`), make a notebook of it with jupytext, or run
# it as a script. Folder, cycle and city come from the environment, or are set here.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import shapely

import forecast
from forecast.config.load import project_path
from forecast.grid.domain import Domain
from forecast.grid.regions import read_cities, read_regions

RUNS = Path(os.environ.get("FORECAST_RUNS", "runs"))
CYCLE = os.environ.get("FORECAST_CYCLE", "2021-12-31T16")
CITY = os.environ.get("FORECAST_CITY", "Jinan")
PICTURES = os.environ.get("FORECAST_PICTURES", "")


def show(name: str) -> None:
    """Show a picture, or keep it where a folder is given."""
    if PICTURES:
        plt.savefig(Path(PICTURES) / f"{name}.png", dpi=110, bbox_inches="tight")
        plt.close()
    else:
        plt.show()


# %% [markdown]
# ## What is there
#
# Opening reads the decision who is in, and nothing else.

# %%
cycle = forecast.open_cycle(CYCLE, RUNS)
print(cycle)
for verdict in cycle.membership.verdicts:
    begun = verdict.start or "unknown"
    print(f"{verdict.member}: {verdict.hours} h, start {begun}; {verdict.reason or 'whole'}")
cycle.city

# %% [markdown]
# ## PM2.5 of one city
#
# The band holds the middle eight tenths of the members, thin lines are members. Shaded hours still
# count as spin-up of some member.

# %%
pm25 = cycle.city["pm25"].sel(city=CITY).load()
local = pm25["local_time"].values
low, middle, high = pm25.quantile([0.1, 0.5, 0.9], "member").values

figure, axes = plt.subplots(figsize=(9, 4))
axes.plot(local, pm25.T.values, color="0.6", linewidth=0.7)
axes.fill_between(local, low, high, color="tab:blue", alpha=0.25, label="10 to 90 %")
axes.plot(local, middle, color="tab:blue", label="median")
if "spin_up" in pm25.coords and bool(pm25["spin_up"].any()):
    settled = int(pm25["spin_up"].any("member").sum())
    axes.axvspan(local[0], local[settled - 1], color="0.9", zorder=0, label="spin-up")
axes.set_ylabel(f"PM2.5, {pm25.attrs['units']}")
axes.set_xlabel("end of the hour, Beijing time")
axes.set_title(f"{CITY}, cycle {cycle.name} UTC, {pm25.sizes['member']} members")
axes.legend(loc="upper left")
axes.margins(x=0)
axes.set_ylim(bottom=0)
figure.autofmt_xdate()
show("plume")

# %% [markdown]
# ## Where it was worst
#
# The hour with the greatest ensemble mean over the cities, on the map. Only this hour is read.

# %%
peak = int(cycle.city["pm25"].mean(("member", "city")).argmax("lead_time"))
field = cycle.ensemble["pm25_mean"].isel(lead_time=peak).load()
places = cycle.config.places
regions = read_regions(project_path(places.city_boundaries))
grid = Domain.from_config(cycle.config.domain).horizontal


def on_the_map(points: np.ndarray) -> np.ndarray:
    """Degrees to km on the map of the model."""
    return np.stack(grid.project(points[:, 0], points[:, 1]), axis=-1) / 1000.0


figure, axes = plt.subplots(figsize=(7.5, 5))
drawn = axes.pcolormesh(
    field["x"] / 1000, field["y"] / 1000, field, cmap="YlOrRd", shading="nearest"
)
for region in regions:
    for part in shapely.get_parts(shapely.transform(region.polygon, on_the_map)):
        axes.plot(*part.exterior.xy, color="0.25", linewidth=0.6)
figure.colorbar(drawn, label=f"PM2.5, ensemble mean, {field.attrs['units']}")
axes.set_aspect("equal")
axes.set_xlim(grid.x_edge[0] / 1000, grid.x_edge[-1] / 1000)
axes.set_ylim(grid.y_edge[0] / 1000, grid.y_edge[-1] / 1000)
axes.set_xlabel("km east")
axes.set_ylabel("km north")
axes.set_title(f"{str(field['local_time'].values)[:16].replace('T', ' ')} Beijing time")
show("map")

# %% [markdown]
# ## What it was made of
#
# Daily means of the parts of PM2.5 in the cell of the city, over the members. Water is not part of
# dry PM2.5.

# %%
PARTS = ("so4", "no3", "nh4", "oc", "soa", "ec", "dust", "sea_salt", "other_pm25")
town = next(city for city in read_cities(project_path(places.cities)) if city.name_en == CITY)
row, column = (int(index) for index in grid.cell_of(town.longitude, town.latitude))
cell = cycle.grid[[name for name in PARTS if name in cycle.grid]].isel(y=row, x=column).load()
daily = cell.mean("member").groupby("lead_day").mean()

figure, axes = plt.subplots(figsize=(7, 4))
bottom = np.zeros(daily.sizes["lead_day"])
for name, part in daily.data_vars.items():
    axes.bar(daily["lead_day"], part, bottom=bottom, label=part.attrs.get("long_name", name))
    bottom += np.nan_to_num(part.values)
axes.set_xticks(daily["lead_day"].values)
axes.set_xlabel("day of the forecast, 1 is the first whole one")
axes.set_ylabel("ug m-3")
axes.set_title(f"Parts of PM2.5 in the cell of {CITY}")
axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
show("composition")

# %% [markdown]
# ## What was proposed

# %%
for warned in cycle.warnings.cities:
    episode = warned.main_episode
    spell = ""
    if episode is not None:
        begin, end = episode.start.median, episode.end.median
        spell = f"{begin:%d %b %H:%M} to {end:%d %b %H:%M}, {len(episode.members)} members"
    print(f"{warned.name_en:10s} {warned.level.value:7s} {warned.probability:4.0%}  {spell}")

# %% [markdown]
# ## Where it comes from

# %%
for name, text in cycle.city.attrs.items():
    print(f"{name:22s} {text[:90]}")
