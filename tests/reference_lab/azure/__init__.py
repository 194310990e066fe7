"""The hardened laboratory on Azure: an export of Resource Graph, Resource Manager and Microsoft Graph."""

from reference_lab.azure.laboratory import AzureLaboratory

__all__ = ["AzureLaboratory"]
