"""``python -m lvsha``: the command line."""

from lvsha.cli.main import main

if __name__ == "__main__":
    main()
