import pytest

from gateway.emulators.modem.storage import MergedStorage, Record, Stat, Storage, StorageFull


def a_record(name: bytes = b"x", stat: Stat = Stat.REC_UNREAD) -> Record:
    return Record(name, stat)


def test_the_lowest_free_slot_is_taken_and_the_others_keep_their_numbers() -> None:
    storage = Storage(3)
    first, second, third, fourth = (a_record(name) for name in (b"1", b"2", b"3", b"4"))
    assert [storage.add(record) for record in (first, second, third)] == [1, 2, 3]
    storage.delete(2)
    assert second.deleted
    assert storage.get(3) is third
    assert storage.add(fourth) == 2
    assert [record for _, record in storage] == [first, fourth, third]


def test_a_full_storage_refuses() -> None:
    storage = Storage(1)
    storage.add(a_record())
    with pytest.raises(StorageFull):
        storage.add(a_record())
    storage.delete(1)
    assert storage.add(a_record()) == 1


def test_deleting_by_state_leaves_what_is_unread() -> None:
    storage = Storage(5)
    unread = a_record()
    for record in (unread, a_record(stat=Stat.REC_READ), a_record(stat=Stat.STO_SENT)):
        storage.add(record)
    storage.delete_stats(frozenset([Stat.REC_READ, Stat.STO_SENT]))
    assert list(storage) == [(1, unread)]


def test_the_merged_memory_numbers_one_part_after_the_other() -> None:
    phone, sim = Storage(2), Storage(2)
    both = MergedStorage(phone, sim)
    records = [a_record(bytes([number])) for number in range(4)]
    assert [both.add(record) for record in records] == [1, 2, 3, 4]
    assert both.full
    assert both.get(3) is sim.get(1) is records[2]
    both.delete(3)
    assert len(sim) == 1
    assert len(both) == 3
    assert both.get(9) is None
    with pytest.raises(StorageFull):
        MergedStorage(Storage(0)).add(a_record())
