"""Errors that a forecaster reads: what is wrong, where, what was expected, what to do."""


class ForecastError(Exception):
    """Base of every error that the system raises on purpose."""


class ConfigurationError(ForecastError):
    """A configuration file, key or value cannot be used."""


class InputError(ForecastError):
    """A file or field made by others is missing, broken or not what it claims to be."""


class OutputError(ForecastError):
    """A file of our own cannot be written, or does not hold what the registry says."""


class CycleError(ForecastError):
    """A cycle time is malformed, outside the data, or already being run."""


class DecompositionError(ForecastError):
    """The domain cannot be divided over that many ranks."""


class ModelError(ForecastError):
    """The transport model met a state from which it cannot go on."""
