"""Gaussian random fields from named streams, the same on every machine and rank count.

Each stream is a PCG64 bit generator seeded by the SHA-256 of its name; numpy guarantees the bits
of a bit generator for ever, but not the variates that `Generator` derives from them, so the normal
variates are made here, by inversion. A field is a sum of plane waves (random Fourier features:
Rahimi and Recht 2007; Mantoglou and Wilson 1982, doi 10.1029/WR018i005p01379): it can be evaluated
at any point, so that two grids, or a tile and the whole domain, see the same field.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecast.fields.arrays import Float

WAVES = 512
"""Plane waves of a field; the sampling error of its variance is about sqrt(2 / WAVES), 6 %."""


def normal_variates(stream: str, count: int) -> Float:
    """Draw standard normal variates from a named stream.

    Args:
        stream: Name, such as "shandong|2021-12-31T16|m02|wind/0".
        count: How many; a longer draw begins with the same values.

    Returns:
        Variates, (count,), by inversion of the normal distribution.
    """
    digest = hashlib.sha256(stream.encode("utf-8")).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    bits = np.random.PCG64(np.random.SeedSequence(words)).random_raw(count)
    uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    variates: Float = ndtri(uniform)
    return variates


@dataclass(frozen=True)
class GaussianField:
    """A random field of mean 0 and variance 1 with correlation exp(-r^2 / 2 L^2).

    Attributes:
        wave_x: Wave numbers, m-1, (WAVES,).
        wave_y: Wave numbers, m-1, (WAVES,).
        cosine: Amplitudes, (WAVES,).
        sine: Amplitudes, (WAVES,).
    """

    wave_x: Float
    wave_y: Float
    cosine: Float
    sine: Float

    @classmethod
    def draw(cls, stream: str, correlation_length: float) -> "GaussianField":
        """Draw a field.

        Args:
            stream: Name of its random stream.
            correlation_length: L, m. The spectrum of that correlation is a normal distribution of
                wave numbers with standard deviation 1 / L.
        """
        drawn = normal_variates(stream, 4 * WAVES).reshape(4, WAVES)
        waves = drawn[:2] / correlation_length
        amplitudes = drawn[2:] / np.sqrt(WAVES)
        return cls(waves[0], waves[1], amplitudes[0], amplitudes[1])

    def on_grid(self, x: Float, y: Float) -> Float:
        """Evaluate the field.

        Args:
            x: Positions, m, (nx,).
            y: Positions, m, (ny,).

        Returns:
            Values, (ny, nx).
        """
        in_x = np.exp(1j * np.outer(self.wave_x, x))
        in_y = np.exp(1j * np.outer(self.wave_y, y)) * (self.cosine - 1j * self.sine)[:, None]
        values: Float = np.einsum("ky,kx->yx", in_y, in_x).real
        return values


def log_normal(field: Float, sigma: float) -> Float:
    """Turn a standard normal field into a factor with mean 1 and log standard deviation sigma."""
    factor: Float = np.exp(sigma * field - 0.5 * sigma**2)
    return factor
