"""What the plugin costs whoever does not use it, and what it leaves to other plugins."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("sqlalchemy", "flask", "faker", "requests", "jsonschema", "yaml", "orjson")


def test_nothing_heavy_is_imported_until_it_is_needed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        f"""
        import sys

        def test_nothing():
            assert not [name for name in {HEAVY!r} if name in sys.modules]
            ours = [name for name in sys.modules if name.startswith("callproof.plugin.")]
            assert ours == ["callproof.plugin.hooks"]
        """
    )
    pytester.runpytest_subprocess("-p", "callproof", timeout=120).assert_outcomes(passed=1)


def test_every_name_but_three_fixtures_begins_with_callproof(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nothing clashes with another plugin, and the page names everything."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    page = (ROOT / "docs" / "pytest.md").read_text("utf-8")

    def added(option: str, pattern: str) -> set[str]:
        said = [
            pytester.runpytest_subprocess(*plugins, option, timeout=120).stdout.str()
            for plugins in ((), ("-p", "callproof"))
        ]
        without, with_ = (set(re.findall(pattern, text, re.MULTILINE)) for text in said)
        return with_ - without

    options, settings = added("--help", r"^  +(-[\w-]+)"), added("--help", r"^  (\w+) \(\w+\)")
    fixtures, markers = added("--fixtures", r"^(\w+) -- "), added("--markers", r"^@pytest\.mark\.(\w+)")
    assert len(options) == 5
    assert all(name.startswith("--callproof-") for name in options)
    assert (settings, markers) == ({"callproof_scenarios"}, {"callproof"})
    assert fixtures == {"crm", "pbx", "callproof", "callproof_crm", "callproof_pbx", "callproof_clock"}
    for name in options | settings | markers | fixtures:
        assert f"`{name}" in page, name


def test_a_fixture_of_the_repository_comes_first(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef crm():\n    return 'mine'\n")
    pytester.makepyfile(
        """
        def test_own(crm, pbx):
            assert crm == "mine" and pbx.crm_url == ""

        def test_both(crm, pbx, callproof_crm):
            assert crm == "mine" and pbx.crm_url == callproof_crm.url
        """
    )
    pytester.runpytest_subprocess("-p", "callproof", timeout=120).assert_outcomes(passed=2)


def test_naming_the_plugin_again_does_no_harm(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_it(pytestconfig):\n    assert pytestconfig.pluginmanager.has_plugin('callproof')\n"
    )
    pytester.runpytest_subprocess("-p", "callproof", "-p", "callproof", timeout=120).assert_outcomes(
        passed=1
    )


def test_the_package_does_without_pytest() -> None:
    """It is no dependency: nothing but the plugin imports it."""
    code = "import sys; sys.modules['pytest'] = None; import callproof.cli, callproof.face.starting"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, timeout=120)
    assert done.returncode == 0
