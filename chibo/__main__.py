"""`python -m chibo` is `chibo`."""

from chibo.project.cli import main

main()
