"""``python -m tonality``: the command line."""

from tonality.cli import main

main()
