"""Both stores do the same: the table on SQLite and PostgreSQL, and the Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from proapi_gateway.reply_cache.entries import Cursor, ReplyStore, Sizes, StoreLimits

from .conftest import HOUR_MS, Clock, OpenStore
from .sample_entries import STORED_MS, entry


def keys(store: ReplyStore) -> list[str]:
    return [view.key for view in store.newest(100)]


def test_what_is_written_is_read_also_by_others(open_store: OpenStore) -> None:
    first, second = open_store(), open_store()
    assert first.read("k") is None
    first.write(entry())
    assert second.read("k") == entry().data
    assert second.read("another") is None
    assert second.entry("k") == entry()
    assert second.entry("another") is None


def test_a_new_one_takes_an_old_ones_place(store: ReplyStore) -> None:
    store.write(entry(stored_bytes=100))
    store.count_hit("k")
    store.write(entry(data=b"new", stored_bytes=30))
    assert store.read("k") == b"new"
    assert store.sizes() == Sizes(entries=1, bytes=30, hits=0)


def test_several_write_and_delete_the_same_keys_at_once(open_store: OpenStore) -> None:
    def write(seed: int) -> None:
        store, chance = open_store(), Random(seed)
        for _ in range(60):
            key = chance.choice("abc")
            if chance.random() < 0.8:
                store.write(entry(key, stored_bytes=chance.randrange(50, 200)))
            else:
                store.delete([key])
        store.disconnect()

    with ThreadPoolExecutor(3) as writers:
        list(writers.map(write, range(3)))
    store = open_store()
    views = store.newest(100)
    assert store.sizes().bytes == sum(view.stored_bytes for view in views)
    store.clear()
    assert store.sizes() == Sizes(0, 0, 0)


def test_hits_are_counted(store: ReplyStore) -> None:
    store.write(entry())
    for key in ("k", "k", "gone"):
        store.count_hit(key)
    assert [view.hits for view in store.newest(5)] == [2]
    assert store.sizes() == Sizes(entries=1, bytes=100, hits=2)


def test_what_has_expired_is_not_read_and_goes(store: ReplyStore, clock: Clock) -> None:
    store.write(entry("old"))
    clock.now_s += HOUR_MS / 1000 - 1
    assert store.read("old") is not None
    clock.now_s += 2
    assert store.read("old") is None
    store.write(entry("new", stored_ms=STORED_MS + HOUR_MS))
    assert keys(store) == ["new"]
    assert store.sizes().bytes == 100


def test_nothing_older_than_is_wanted(store: ReplyStore) -> None:
    store.write(entry())
    assert store.read("k", STORED_MS - 1) is not None
    assert store.read("k", STORED_MS) is None


def test_the_oldest_make_room(open_store: OpenStore) -> None:
    store = open_store(StoreLimits(HOUR_MS, 350))
    for number in range(5):
        store.write(entry(f"k{number}", stored_ms=STORED_MS + number))
    assert keys(store) == ["k4", "k3", "k2"]
    store.write(entry("large", stored_ms=STORED_MS + 9, stored_bytes=300))
    assert keys(store) == ["large"]


def test_what_others_wrote_counts_too(open_store: OpenStore) -> None:
    ours, theirs = open_store(StoreLimits(HOUR_MS, 350)), open_store()
    for number in range(5):
        theirs.write(entry(f"k{number}", stored_ms=STORED_MS + number))
    ours.write(entry("ours", stored_ms=STORED_MS + 9))
    assert keys(ours) == ["ours", "k4", "k3"]


@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "within one millisecond"])
def test_pages_are_newest_first_and_end(store: ReplyStore, together: bool) -> None:
    for number in range(7):
        store.write(entry(f"k{number}", stored_ms=STORED_MS + (0 if together else number)))
    after, pages = None, []
    while some := store.newest(3, after):
        pages.append([view.key for view in some])
        after = Cursor(some[-1].stored_ms, some[-1].key)
    assert pages == [["k6", "k5", "k4"], ["k3", "k2", "k1"], ["k0"]]


def test_deleting(store: ReplyStore) -> None:
    for number in range(4):
        store.write(entry(f"k{number}", stored_ms=STORED_MS + number))
    assert store.delete(["k0", "k2", "gone"]) == 2
    assert keys(store) == ["k3", "k1"]
    assert store.sizes() == Sizes(2, 200, 0)
    store.clear()
    assert store.sizes() == Sizes(0, 0, 0)
    assert store.delete([]) == 0


def test_any_bytes_and_words(store: ReplyStore) -> None:
    strange = entry(data=bytes(range(256)) * 10, words="你好 \u2028 'quoted' %s \\ \n")
    store.write(strange)
    assert store.entry("k") == strange
