"""``python -m tools.torture``."""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from tools.torture import addresses, away, fairness, inputs, kills, loaders, memory, workers
from tools.torture.figures import Figure, Say

Part = Callable[[Path, int, random.Random, Say], list[Figure]]
# What each is tried with: how many kills, inputs, spellings and so on.
PARTS: dict[str, tuple[Part, int]] = {
    "kills": (kills.run, 66),
    "workers": (workers.run, 3),
    "away": (away.run, 3),
    "inputs": (inputs.run, 20_000),
    "addresses": (addresses.run, 3_000),
    "memory": (memory.run, 600),
    "fairness": (fairness.run, 200),
    "loaders": (loaders.run, 80),
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="This part; may be repeated.")
@click.option("--size", type=click.IntRange(1), help="Instead of what each part is tried with by default.")
@click.option("--seed", type=int, help="Of what is drawn by lot; by default another one each time.")
@click.option("--write", is_flag=True, help="Write the figures into docs/robustness.md.")
def main(only: tuple[str, ...], size: int | None, seed: int | None, write: bool) -> None:
    """Exit 1 with a sentence for each promise that is broken."""
    if write and size:
        raise click.UsageError("Only figures of the usual sizes are written.")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"Seed {seed}")
    found: dict[str, list[Figure]] = {}
    for name in only or PARTS:
        part, usual = PARTS[name]
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="callproof-torture-") as folder:
            Path(folder).chmod(0o755)
            found[name] = part(Path(folder), size or usual, random.Random(f"{seed} {name}"), click.echo)
        for figure in found[name]:
            click.echo(f"{name:<10}{figure}")
        click.echo(f"{name:<10}took {time.monotonic() - began:.0f} s")
    broken = [figure.broken for figures in found.values() for figure in figures if figure.broken]
    for sentence in broken:
        click.echo(f"BROKEN: {sentence}")
    if write:
        from tools.torture import page

        for name, figures in found.items():
            page.write(name, figures, seed)
    click.echo("Not all is kept." if broken else "All promises are kept.")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
