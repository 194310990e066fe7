"""What an assessment asks of AWS: what a refused read has to be granted, and whom attackers there may start as."""
