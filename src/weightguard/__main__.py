"""`python -m weightguard`."""

from weightguard.cli import main

main()
