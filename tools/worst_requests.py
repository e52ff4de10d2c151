"""What the worst single requests that the CRM allows take, and what another's ordinary one takes meanwhile.

``python -m tools.worst_requests`` serves a CRM, and prints one line for each shape: its bytes, its answer,
how often it was sent in a second, and how many times as long as usual an ordinary request takes beside it,
in the middle and at worst.
"""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tools.torture.ends import serving
from tools.torture.fairness import beside_each


def main() -> None:
    print(f"{'beside':24} {'bytes':>9} {'answer':>6} {'sent':>5} {'usual':>8} {'median':>7} {'worst':>7}")
    with TemporaryDirectory() as folder, serving(Path(folder), "--only=crm") as served:
        for one in beside_each(served.told.crm_url):
            usual, most = median(one.alone), max(one.took)
            what = f"{one.shape.name:24} {len(one.shape.body):9} {one.status:6} {one.sent:5}"
            print(
                f"{what} {usual * 1000:5.2f} ms {one.slower:6.1f}x {most / usual:6.1f}x",
                flush=True,
            )


if __name__ == "__main__":
    main()
