"""`python -m storage` migrates the database; `python -m storage MESSAGE` drafts the next migration."""

import sys

from storage.migrate import draft, migrate
from storage.process import explained
from storage.settings import StorageSettings


def main() -> None:
    """Migrate, or draft a migration named by the argument."""
    with explained():
        settings = StorageSettings()
        if message := " ".join(sys.argv[1:]):
            sys.stdout.write(f"{draft(settings, message)}\n")
        else:
            migrate(settings)


if __name__ == "__main__":
    main()
