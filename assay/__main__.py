"""The `assay` command: one line for a failure, with what to do about it."""

import errno
import sys

from rich.console import Console
from rich.text import Text

from assay.cli import app
from infra.errors import StackError
from schemas.errors import AssayError


def main() -> None:
    """Run a command; exit with 1, and say why, where it fails."""
    try:
        app()
    except (AssayError, StackError) as error:
        Console(stderr=True).print(Text(f"Error: {error}", style="red"))
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        Console(stderr=True).print(Text(f"Error: the disk is full ({error}): free some space; nothing was lost."))
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("Interrupted: `assay status` says what still runs, `assay down` stops it.")
        sys.exit(130)


if __name__ == "__main__":
    main()
