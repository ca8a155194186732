"""`python -m jobs` is the `headwater` command where no script of that name is installed."""

from jobs.cli import main

if __name__ == "__main__":
    main()
