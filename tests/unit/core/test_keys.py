import pytest

from voltgo.core import keys
from voltgo.core.keys import EnvelopeBroken

HERE = {"app": "voltgo", "kind": "test"}
SECRET = b"k" * 32


@pytest.fixture(autouse=True)
def _no_keys_in_memory() -> None:
    keys.forget()


def test_an_envelope_opens_with_its_context() -> None:
    assert keys.unwrap(keys.wrap(SECRET, HERE), HERE) == SECRET


def test_an_envelope_opens_with_no_other_context() -> None:
    wrapped = keys.wrap(SECRET, HERE)

    with pytest.raises(EnvelopeBroken):
        keys.unwrap(wrapped, {**HERE, "kind": "other"})


def test_the_order_of_a_context_does_not_matter() -> None:
    wrapped = keys.wrap(SECRET, {"a": "1", "b": "2"})

    assert keys.unwrap(wrapped, {"b": "2", "a": "1"}) == SECRET


@pytest.mark.parametrize("position", [0, 1, 4, 5, 16, 17, 30, -1])
def test_a_changed_envelope_does_not_open(position: int) -> None:
    wrapped = bytearray(keys.wrap(SECRET, HERE))
    wrapped[position] ^= 1

    with pytest.raises(EnvelopeBroken):
        keys.unwrap(bytes(wrapped), HERE)


def test_an_empty_envelope_does_not_open() -> None:
    with pytest.raises(EnvelopeBroken):
        keys.unwrap(b"", HERE)


def test_the_newest_key_wraps_and_the_older_ones_open(settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = ["old" * 14]
    old = keys.wrap(SECRET, HERE)
    settings.DATA_ENCRYPTION_KEYS = ["new" * 14, "old" * 14]
    new = keys.wrap(SECRET, HERE)
    keys.forget()

    assert keys.unwrap(old, HERE) == SECRET
    settings.DATA_ENCRYPTION_KEYS = ["new" * 14]
    keys.forget()
    assert keys.unwrap(new, HERE) == SECRET
    with pytest.raises(EnvelopeBroken):
        keys.unwrap(old, HERE)


def test_a_data_key_is_used_again_so_many_times(monkeypatch) -> None:
    monkeypatch.setattr(keys, "MAX_USES", 3)

    used = [keys.data_key(HERE).wrapped for _ in range(4)]

    assert used[0] == used[1] == used[2]
    assert used[3] != used[0]


def test_a_data_key_is_used_for_so_long(monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("voltgo.core.keys.time.monotonic", lambda: now[0])
    first = keys.data_key(HERE)
    now[0] += keys.MAX_SECONDS - 1
    assert keys.data_key(HERE) is first
    now[0] += 1

    assert keys.data_key(HERE) is not first


def test_each_context_has_its_own_data_key() -> None:
    assert keys.data_key(HERE).plain != keys.data_key({**HERE, "kind": "other"}).plain


def test_a_key_does_not_print_itself() -> None:
    key = keys.data_key(HERE)

    assert repr(key.plain) not in repr(key)


def test_opened_envelopes_are_kept_in_a_bounded_number(monkeypatch) -> None:
    monkeypatch.setattr(keys, "MAX_OPENED", 2)

    for _number in range(5):
        assert keys.unwrap(keys.wrap(SECRET, HERE), HERE) == SECRET

    assert len(keys._opened) == 2
