"""docs/operating.md names the figures that there are."""

import re
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from callproof.running.pair import built_in

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "operating.md").read_text("utf-8")


def test_the_page_names_every_figure_and_no_other() -> None:
    found = set()
    with built_in() as pair:
        for url in (pair.crm_url, pair.pbx_url):
            text = requests.get(f"{url}/_bench/metrics", timeout=10).text
            found |= {family.name for family in text_string_to_metric_families(text)}
    named = re.findall(r"`(callproof_\w+)`", PAGE)
    assert {name.removesuffix("_total") for name in named} == found


def test_the_sample_is_what_prometheus_reads() -> None:
    [sample] = re.findall(r"```text\n(# HELP.*?)```", PAGE, re.DOTALL)
    families = list(text_string_to_metric_families(sample))
    assert [len(family.samples) for family in families] == [2, 1]
