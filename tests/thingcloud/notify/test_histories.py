"""Random histories of news, answers, refusals, dead workers and passing time: what must hold whatever happens."""

import asyncio
import random
from collections import Counter

import pytest

from tests.thingcloud.conversations.street import Street
from thingcloud.notify import deliver, service
from thingcloud.notify.model import EMAIL, USUAL, Letter
from thingcloud.plumbing import jobs
from thingcloud.plumbing.clock import HOUR, MINUTE
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import GivenUp, Later

_CASES = 40
_TURNS = 250


class History:
    """What was sent, when news came and when somebody answered."""

    def __init__(self, street: Street, dice: random.Random) -> None:
        self.street, self.dice = street, dice
        self.sent: Counter[str] = Counter()
        self.news: Counter[str] = Counter()
        self.waiting: dict[str, int] = {}
        self.broken: list[str] = []

    async def send(self, house: House, _to: str, letter: Letter) -> None:
        """A channel that often does not work, and notes what must not be."""
        case_key = letter.words
        if case_key not in self.waiting:
            self.broken.append(f"{letter.id} was sent after the answer")
        if self.dice.random() < 0.2:
            raise Later("busy")
        if self.dice.random() < 0.02:
            raise GivenUp("gone")
        self.sent[letter.id] += 1

    def tell(self, case_key: str) -> None:
        self.news[case_key] += 1
        self.waiting[case_key] = self.street.clock.now()
        facts = {"words": case_key}
        self.street.do(lambda tx, now: service.tell(tx, now, self.street.alice.id, case_key, "News", facts))

    def answer(self, case_key: str) -> None:
        self.waiting.pop(case_key, None)
        self.street.do(lambda tx, now: service.acknowledge(tx, now, case_key))

    async def turn(self) -> None:
        case_key = f"case:{self.dice.randrange(_CASES)}"
        match self.dice.randrange(10):
            case 0 | 1 | 2:
                self.tell(case_key)
            case 3 | 4:
                self.answer(case_key)
            case 5:
                # A worker that claims what is due and is killed before it does any of it.
                now = self.street.clock.now()
                self.street.house.db.write_now(lambda tx: jobs._claim(tx, now, "a dead one", 8))
            case 6:
                self.street.clock.advance(self.dice.choice([jobs.LEASE, MINUTE, HOUR, 5 * HOUR]))
            case _:
                await self.street.work()


@pytest.mark.parametrize("seed", range(2))
def test_nothing_goes_out_after_an_answer_and_nothing_twice_and_nothing_is_lost(
    street: Street, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    history = History(street, random.Random(seed))
    monkeypatch.setitem(deliver.CHANNELS, EMAIL, history.send)

    async def live() -> None:
        for _ in range(_TURNS):
            await history.turn()
        for _ in range(60):
            street.clock.advance(HOUR)
            await street.work()

    asyncio.run(live())
    assert history.broken == []
    assert max(history.sent.values()) == 1
    mails = sum(1 for step in USUAL.steps if EMAIL in step.channels)
    assert sum(history.sent.values()) <= mails * sum(history.news.values())
    with street.house.db.reading() as tx:
        left = tx.exec_driver_sql("SELECT count(*) FROM jobs WHERE kind = 'notify.step' AND state = 'due'").scalar()
        given_up = tx.exec_driver_sql("SELECT count(*) FROM jobs WHERE state = 'given-up'").scalar()
        silent = tx.exec_driver_sql(
            "SELECT count(*) FROM notices WHERE acknowledged_at IS NULL AND told_at IS NULL"
        ).scalar()
    assert left == 0, "every history comes to rest"
    assert silent == 0, "whoever still waits was told"
    assert sum(history.sent.values()) > 50
    assert isinstance(given_up, int)
    assert given_up < sum(history.sent.values())


def test_the_work_of_a_dead_worker_is_taken_over_after_its_lease(street: Street) -> None:
    street.find()
    now = street.clock.now()
    street.house.db.write_now(lambda tx: jobs._claim(tx, now, "a dead one", 32))
    street.work_now()
    assert street.sink.mails == []
    street.clock.advance(jobs.LEASE)
    street.work_now()
    assert len(street.sink.mails) == 1
