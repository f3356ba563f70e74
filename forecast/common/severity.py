"""How bad something is, in four words that mean the same everywhere."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is; used strictly."""

    FATAL = "fatal"
    """There is no product, or there will be none."""
    WARNING = "warning"
    """There is a product, or will be, but not as it should be."""
    NOTE = "note"
    """Worth knowing; the product is as it should be."""
    DEBUG = "debug"
    """For whoever looks for a fault."""

    @property
    def rank(self) -> int:
        """0 for the worst; a channel takes everything up to the rank it was told."""
        return list(Severity).index(self)
