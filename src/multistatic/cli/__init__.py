"""The command line: `multistatic COMMAND`. Every command's work is imported when it runs, so that `--help` is
instant.
"""

from multistatic.cli.app import main

__all__ = ["main"]
