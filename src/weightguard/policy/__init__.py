"""Access decisions as pure functions over policies and a request, one package per provider."""
