"""What a job has used: as its details tell it, and in a word about waste."""

import pytest
from zenml_acme._core.resources import Resources
from zenml_acme._core.usage import Usage, mebibytes, seconds, unused


def test_what_was_counted_is_told() -> None:
    assert Usage(3725.4, 1490, 4, 2048, 100).details == {
        "elapsed": "1:02:05",
        "cpu_efficiency": "10.0%",
        "peak_memory": "100 MiB",
        "memory_efficiency": "4.9%",
    }
    assert Usage(90000).details == {"elapsed": "1 day, 1:00:00"}
    assert Usage(0, 1, 1, 1, 0).details == {"elapsed": "0:00:00"}


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (Resources(cpus=8, memory=4096), ["9.9% of its 8 cpus", "10.0% of its 4096 MiB of memory"]),
        (Resources(cpus=1.5), ["9.9% of its 1.5 cpus"]),
        (Resources(), []),
    ],
)
def test_who_asked_for_ten_times_as_much_is_told(resources: Resources, words: list[str]) -> None:
    wasted = {"elapsed": "0:01:00", "cpu_efficiency": "9.9%", "memory_efficiency": "10.0%"}

    assert [*unused(wasted, resources)] == words
    assert not [*unused(wasted | {"elapsed": "0:00:59"}, resources)]
    assert not [*unused({}, resources)]
    enough = {"cpu_efficiency": "10.1%", "memory_efficiency": "55.0%"}
    assert not [*unused(enough, resources)]


@pytest.mark.parametrize(
    ("told", "mib"),
    [
        ("cpu=2,mem=600M,node=1", 600),
        ("cpu=00:00:03,mem=2048K,vmem=9G", 2),
        ("mem=1.5G", 1536),
        ("mem=1T", 2**20),
        ("mem=1048576", 1),
        ("vmem=9G", 0),
        ("", 0),
    ],
)
def test_sizes_are_read(told: str, mib: float) -> None:
    assert mebibytes(told, "mem") == mib


@pytest.mark.parametrize(
    ("told", "expected"),
    [("00:03.877", 3.877), ("01:02:03", 3723), ("3-04:05:06", 273906), ("1-00:00:00", 86400)],
)
def test_times_are_read(told: str, expected: float) -> None:
    assert seconds(told) == pytest.approx(expected)


def test_what_is_no_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="INVALID"):
        seconds("INVALID")
