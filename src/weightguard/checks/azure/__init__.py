"""What is decided over Azure's policies, or what it alone has."""
