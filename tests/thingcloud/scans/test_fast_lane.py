"""The page asked for most is answered before any routing; it must be the same page, and never one too many."""

import pytest

from tests.thingcloud.scans.conftest import Street
from thingcloud.scans import finder
from thingcloud.things import service as things


@pytest.mark.parametrize("headers", [{}, {"accept-encoding": "identity"}, {"cookie": "once=1"}])
def test_before_and_behind_the_routes_it_is_the_same_page(street: Street, headers: dict[str, str]) -> None:
    ahead = street.stranger().get(f"/t/{street.tag.code}", headers=headers)
    behind = street.stranger().get(f"/t/{street.tag.code}?from=poster", headers=headers)
    assert ahead.text == behind.text
    assert sorted(ahead.headers) == sorted(behind.headers)
    assert ahead.headers.get("content-encoding") == behind.headers.get("content-encoding")


def test_the_lane_leaves_the_owner_unknown_codes_and_machines_to_the_routes(street: Street) -> None:
    assert "Your own tag." in street.signed_in(street.alice).get(f"/t/{street.tag.code}").text
    assert street.stranger().get(f"/t/{'0' * 14}").status_code == 404
    links = street.stranger().get(f"/t/{street.tag.code}", headers={"accept": "application/linkset+json"})
    assert links.headers["content-type"] == "application/linkset+json"
    assert street.stranger().post(f"/t/{street.tag.code}").status_code == 405


def test_two_tags_that_look_alike_never_show_each_others_words(street: Street) -> None:
    other = street.write(lambda tx, now: things.create_thing(tx, now, street.bob.id, "Mine", "suitcase"))
    tag = street.write(lambda tx, now: things.new_tag(tx, now, other.id))
    street.write(lambda tx, now: things.mark_lost(tx, now, other.id, "Red <b>& small</b>", "£ 5"))
    first, second = (street.stranger().get(f"/t/{code}").text for code in (street.tag.code, tag.code))
    assert "Dark blue" in first
    assert "Red" not in first
    assert "Red &lt;b&gt;&amp; small&lt;/b&gt;" in second
    assert "Dark blue" not in second
    assert street.tag.code not in second
    assert street.tag.grouped not in second


def test_pages_of_many_looks_do_not_pile_up(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "_MOST_KEPT", 2)
    client = street.stranger()
    for label in ("Manual", "Film", "Shop", "Map"):
        street.write(
            lambda tx, now, label=label: things.add_route(  # type: ignore[misc]
                tx, now, street.tag.code, "link", label, "https://my.example/x"
            )
        )
        assert label in client.get(f"/t/{street.tag.code}").text
    (page,) = [one.kwargs["page"] for one in street.app.user_middleware]
    assert isinstance(page, finder._TagPage)
    assert len(page.desk.kept) == 2
