"""What the last line of a run counts: parts that were started, and those that were closed without trouble."""

import pytest

from thingcloud.app import Parts


def test_a_part_that_closed_is_counted() -> None:
    parts = Parts()
    with parts.part("data"), parts.part("broker"):
        assert str(parts) == "0 of 2 parts"
    assert str(parts) == "2 of 2 parts"


def test_a_part_that_fails_while_it_closes_is_not_counted() -> None:
    parts = Parts()
    with pytest.raises(OSError, match="stuck"), parts.part("data"), parts.part("broker"):
        raise OSError("stuck")
    assert str(parts) == "0 of 2 parts"
