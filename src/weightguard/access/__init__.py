"""Who can reach the weights: the access graph, its questions, paths and cut."""
