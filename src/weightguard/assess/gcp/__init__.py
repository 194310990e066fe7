"""What an assessment asks of Google Cloud."""
