"""The street of these tests: one house, three people, one suitcase."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.thingcloud.conversations.street import Street, open_street


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with open_street(tmp_path) as made:
        yield made
