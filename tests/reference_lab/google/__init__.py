"""The hardened laboratory on Google Cloud: an export of Cloud Asset Inventory, with groups and listed objects beside it."""

from reference_lab.google.laboratory import GoogleLaboratory

__all__ = ["GoogleLaboratory"]
