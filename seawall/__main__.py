"""`seawall`, and `python -m seawall`: servers are greeted first, everything else comes after."""

import os
import sys

from seawall import early


def main() -> None:
    """Run the command line of this process."""
    early.begin(sys.argv[1:])
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes time
    try:
        from seawall.cli import main as run

        run()
    finally:
        early.end()


if __name__ == "__main__":
    main()
