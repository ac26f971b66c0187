"""`python -m hermes`, which is what torchrun starts: `torchrun -m hermes train ...`."""

from hermes.cli import main

if __name__ == "__main__":
    main()
