"""The page on explore says what its commands print."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.test_docs import ROOT, consoles, looks_like


def test_the_commands_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    played = list(consoles(ROOT / "docs" / "explore.md"))
    for command, printed in played:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert looks_like(printed, done.stdout), (command, done.stdout, done.stderr)
    assert len(played) == 3
