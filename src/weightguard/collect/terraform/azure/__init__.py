"""States of ``azurerm`` and ``azuread`` as what Azure's own interfaces would have answered."""
