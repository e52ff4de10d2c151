"""``python -m callproof`` is ``callproof``."""

from callproof.cli import main

main(prog_name="callproof")
