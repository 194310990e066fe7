"""What can be taken out of an AWS estate to close a way, and the estate without it."""
