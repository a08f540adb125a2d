"""`seawall`, and `python -m seawall`: servers are greeted first, everything else comes after."""

import gc
import os
import sys

from seawall import early


def main() -> None:
    """Run the command line of this process."""
    early.begin(sys.argv[1:])
    gc.set_threshold(100_000)  # what is imported stays; looking through it again takes time
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # so does looking for plugins
    try:
        from seawall.cli import main as run

        run()
    finally:
        early.end()


if __name__ == "__main__":
    main()
