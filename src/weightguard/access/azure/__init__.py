"""Who reaches weights on Azure: roles, keys, lists of the file system and the directory, joined into one graph."""
