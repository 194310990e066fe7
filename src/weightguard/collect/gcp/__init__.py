"""Google Cloud as records of a snapshot: what inventories and states say, in one shape for one reader."""
