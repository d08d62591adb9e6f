"""Secrets stay out of what a log or a traceback might print, and the host key is whole or not there."""

from pathlib import Path

import pytest

from thingcloud.conversations.model import Opened
from thingcloud.plumbing.keys import load_or_make
from thingcloud.plumbing.settings import Settings
from thingcloud.scans.model import Recorded
from thingcloud.vendors.model import Vendor


@pytest.mark.parametrize(
    "shown",
    [
        Opened("case", "canary"),
        Recorded("scan", "case", "canary"),
        Settings(smtp="smtp://name:canary@mail.example"),
        Vendor("v", "Example", "example.net", False, b"", b"canary", "", b"canary", ()),
    ],
)
def test_a_secret_is_not_printed_with_what_holds_it(shown: object) -> None:
    assert "canary" not in repr(shown)


def test_a_start_that_was_cut_off_leaves_no_half_host_key(tmp_path: Path) -> None:
    (tmp_path / "host.key.new").write_bytes(b"half")
    made = load_or_make(tmp_path / "host.key")
    assert load_or_make(tmp_path / "host.key").seed == made.seed
    assert (tmp_path / "host.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["host.key"]
