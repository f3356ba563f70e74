"""Confidence of scores: blocks of days drawn again and again.

Polluted days come in spells and cities share them, so single pairs are not independent. Blocks of
neighbouring days are drawn, each with all its cities and leads (moving blocks, Künsch 1989,
doi 10.1214/aos/1176347265).
"""

import numpy as np

from forecast.ensemble.combine import quantiles
from forecast.fields.arrays import Float, Times

BLOCK_DAYS = 5
"""Days of a block: about the length of a haze episode."""
DRAWS = 1000
"""How often the period is drawn."""
LEAST_BLOCKS = 4
"""With fewer blocks there is no confidence to speak of."""
INTERVAL = (0.025, 0.975)
"""Quantiles at the ends of the interval."""


def day_weights(
    days: Times, seed: int, draws: int = DRAWS, block: int = BLOCK_DAYS
) -> Float | None:
    """How often each cycle counts in each draw.

    Args:
        days: Local day of each cycle, ascending; several cycles of a day go together.
        seed: Seed of the draws.
        draws: How many.
        block: Days of a block.

    Returns:
        (draw, cycle); None when the period is too short.
    """
    unique, place = np.unique(days, return_inverse=True)
    count = unique.size
    if count < LEAST_BLOCKS * block:
        return None
    random = np.random.default_rng(seed)
    blocks = -(-count // block)
    starts = random.integers(0, count - block + 1, size=(draws, blocks))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :count]
    weights = np.zeros((draws, count))
    np.add.at(weights, (np.arange(draws)[:, None], drawn), 1.0)
    chosen: Float = weights[:, place]
    return chosen


def interval(draws: Float) -> tuple[Float, Float]:
    """Ends of the interval over the first axis; NaN where fewer than half of the draws have any."""
    enough = np.isfinite(draws).mean(axis=0) >= 0.5
    low, high = quantiles(draws, INTERVAL)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
