"""`python -m headwater` is the `headwater` command where no script of that name is installed."""

from headwater.cli import main

if __name__ == "__main__":
    main()
