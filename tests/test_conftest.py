"""SOP_NEW_FORBID_SKIPS turns skips into failures, but for those that are allowed."""

from pathlib import Path

import pytest

SUITE = """
import pytest

def test_skipped():
    pytest.skip("no engine here")

@pytest.mark.may_skip
def test_allowed():
    pytest.skip("no GPU here")

@pytest.mark.xfail
def test_expected_failure():
    raise AssertionError
"""
SKIPPED_MODULE = 'import pytest; pytest.skip("no engine here", allow_module_level=True)'


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    rules = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    pytester.makeconftest(rules)
    pytester.makepyfile(test_some=SUITE, test_module=SKIPPED_MODULE)
    return pytester


def test_skips_are_skips_by_default(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOP_NEW_FORBID_SKIPS", raising=False)
    suite.runpytest().assert_outcomes(skipped=3, xfailed=1)


def test_forbidden_skips_fail(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_NEW_FORBID_SKIPS", "1")
    result = suite.runpytest("--continue-on-collection-errors")
    result.assert_outcomes(skipped=1, xfailed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*SOP_NEW_FORBID_SKIPS is set, but:*no engine here*"])
