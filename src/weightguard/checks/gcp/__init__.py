"""What is decided over Google Cloud's policies, or what it alone has."""
