"""Files that other tools exported, as snapshots in the record kinds and shapes of the collectors. One module a format."""
