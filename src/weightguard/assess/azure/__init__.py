"""What an assessment asks of Azure alone."""
