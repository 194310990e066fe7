"""What is asked of each of Azure's interfaces, declared."""
