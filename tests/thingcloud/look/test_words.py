import pytest

from thingcloud.plumbing import words
from thingcloud.plumbing.clock import DAY, HOUR, MINUTE

NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "en"), ("de-CH,de;q=0.9,en;q=0.8", "de"), ("en;q=0.1,ar", "ar"), ("fr", "en"), ("*", "en"),
        ("de;q=oops", "en"), ("x" * 10_000, "en"), ("EN-gb", "en"),
    ],
)  # fmt: skip
def test_the_best_of_our_languages_is_chosen(wanted: str, chosen: str) -> None:
    assert words.choose(wanted, ("en", "de", "ar")) == chosen


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (0, "now"),
        (59_000, "now"),
        (4 * MINUTE, "4 min ago"),
        (2 * HOUR, "2 h ago"),
        (3 * DAY, "3 days ago"),
        (-5, "now"),
    ],
)
def test_how_long_ago_takes_few_words(passed: int, said: str) -> None:
    assert words.ago(NOW - passed, NOW) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(4.2, "4.2"), (-6.4, "−6.4"), (63, "63"), (0.314, "0.31"), (41.23, "41.2"), (186.0, "186"), (4312, "4,312"),
     (True, "yes"), (False, "no"), ("open", "open"), (-0.0001, "0"), (0, "0"), (100, "100")],
)  # fmt: skip
def test_a_value_reads_as_people_write_it(number: float, said: str) -> None:
    assert words.amount(number) == said


def test_a_time_is_written_for_machines_in_utc() -> None:
    assert words.iso(NOW) == "2026-11-18T11:06:40Z"
