"""The pages that both ends have, put together."""

from pathlib import Path

from callproof.bench.calls import add_calls
from callproof.bench.controls import add_controls
from callproof.bench.exchanges import add_exchanges
from callproof.bench.journal import add_journal
from callproof.bench.running import Opens
from callproof.bench.saving import add_saving
from callproof.bench.scenarios import add_scenarios
from callproof.bench.watching import Beside
from callproof.bench.workplace import Workplace
from callproof.control.client import End
from callproof.web.site import Link, Site

HERE = Path(__file__).parent


def add_bench(site: Site, own: End, beside: Beside, pair: Opens | None) -> None:
    """Add them to the pages of an end, whose control API is ``own``; ``beside`` is the other one, and
    ``pair`` opens two ends for a run of scenarios, None where no run can be watched."""
    site.folders += (HERE / "templates",)
    site.links += (Link("/bench", "bench.title"),)
    site.static["bench"] = HERE / "static"
    workplace = Workplace(site, own, beside)
    add_journal(workplace)
    add_calls(workplace)
    add_exchanges(workplace)
    add_controls(workplace)
    add_scenarios(workplace, pair)
    add_saving(workplace)
