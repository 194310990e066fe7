"""The Google Cloud part of Terraform states, as the records that the inventory's exports become."""
