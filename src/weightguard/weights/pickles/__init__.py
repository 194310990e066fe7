"""Looking into pickles without unpickling: nothing is imported, called or built but inert descriptions."""

from weightguard.weights.pickles.machine import Facts, scan

__all__ = ["Facts", "scan"]
