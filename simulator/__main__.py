"""``python -m simulator`` is ``callproof``."""

from simulator.cli import main

main(prog_name="callproof")
